"""Commands that may run before a COPY that stood before them, and their neighbours that may not."""

from __future__ import annotations

import pytest

from commands.installs import last_run
from layerwise.commands.shell.neutral import is_neutral

NEUTRAL = """
true
:
set -eux
set -o pipefail
set -euxo pipefail
echo "installing"
DEBIAN_FRONTEND=noninteractive
export NODE_ENV=production
export DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8
PYTHONUNBUFFERED=1
node --version
python3.14 -m venv /venv
pip3.14 install --upgrade pip
poetry config virtualenvs.create false
conda clean -afy
micromamba clean --all --yes
npm -v
apt-get update
apt-get update -qq
apt-get install -y --no-install-recommends gcc libpq-dev
DEBIAN_FRONTEND=noninteractive apt-get install -yq curl
sudo apt-get install -y curl
apt-get clean
apk add --no-cache --virtual .build-deps gcc musl-dev
apk add -t .build-deps gcc
apk del .build-deps
yum install -y gcc
microdnf clean all
dpkg --add-architecture i386
a2enmod rewrite headers
docker-php-ext-install -j 4 pdo_mysql zip
apt-mark hold curl
dnf module enable -y nodejs:20
dnf config-manager --add-repo https://rpm.example.org/x.repo
apt-get install -y nginx=${NGINX_VERSION}
apk add --no-cache $PHPIZE_DEPS
zypper --non-interactive refresh
pacman -Syu --noconfirm git
gem install bundler -v 2.5.16 --no-document
gem install rake rack:3.1.7
gem update --system 3.5.16
mix local.hex --force
mix archive.install hex phx_new --force
mix do local.hex --force, local.rebar --force
composer clear-cache
composer global require hirak/prestissimo --prefer-dist
composer --version
php -v
nproc
rm -rf /var/lib/apt/lists/*
rm -rf /tmp/* /var/cache/apk/*
rm -rf /root/.npm /root/.cache/pip
npm cache clean --force
yarn cache clean
pnpm store prune
bun pm cache rm
npm config set registry https://r.example
npm config set fund=false
npm install -g pnpm@9 @angular/cli
npm i -g npm@latest --no-audit
corepack enable
corepack enable pnpm
corepack prepare pnpm@9.1.0 --activate
pip install --upgrade pip setuptools wheel
pip install --no-cache-dir gunicorn==22.0 'uvicorn[standard]'
python -m pip install -U pip
pip cache purge
mkdir -p /var/log/app
useradd -m app
useradd -ms /bin/bash app
adduser -D -H -s /sbin/nologin app
adduser --system --group --disabled-password --gecos "" app
groupadd -r app
addgroup -g 1000 -S app
ls
ls -la
pwd
""".strip().splitlines()

NOT_NEUTRAL = """
make
ls src
ls > files.txt
. /etc/profile
source venv/bin/activate
cd web
set -- a b
set -n
echo $(cat VERSION)
echo *.txt $X
echo x > file
printf x > f
export VERSION=$(cat VERSION)
export NODE_OPTIONS="-r ./hook.js"
export PATH=/app/bin
export PIP_TARGET=lib
NPM_CONFIG_USERCONFIG=ci
PYTHONPATH=. apt-get update
./tool --version
yarn --version
go version
apt-get install -y ./x.deb
apt-get install -y /tmp/x.deb
apt-get install -y $(cat packages.txt)
apt-get install -y $PACKAGES
apt-get install python3-*
apt-get -c apt.conf install curl
apt-get source curl
apk add x.apk
apk add --repositories-file r x
yum install -y x.rpm
dpkg -i x.deb
dnf config-manager --add-repo x.repo
zypper addrepo ./x.repo
pacman -U x.pkg.tar.zst
gem install tool.gem
gem install ./tool
gem install --file Gemfile
gem install -i vendor rack
mix deps.get
mix do local.hex --force, deps.get
composer require a/b
composer global require
mix archive.install tool.ez
composer install
bundle config set --local without test
rm -rf node_modules
rm -rf /app/dist
rm -rf /tmp/../app
rm -rf $DIR
npm install -g .
npm install -g
npm i -g ./tool
npm i -g tool.tgz
npm i -g user/repo
npm install express
npm config set cafile certs/ca.pem
npm config set registry https://r.example --location project
npm ci
corepack prepare --activate
corepack use pnpm@9
pip install .
pip install -r requirements.txt
pip install -c constraints.txt flask
pip install -t lib flask
pip install ./lib
pip install x.whl
pip install -f wheels flask
pip install git+https://x.example/a
pip install $X
python setup.py install
python -m venv venv
python -m venv --clear /venv
python -m venv /app/venv
poetry config --local virtualenvs.create false
poetry check
yarn cache clean --mirror
yarn config set x y
pnpm store path
bun pm ls
conda install -y numpy
mkdir dist
mkdir -p /app/dist
mkdir -p $DIR
useradd -m -d /app app
useradd -d /app/home app
useradd -k skel -m app
chown -R node:node /app
update-ca-certificates
""".strip().splitlines()


@pytest.mark.parametrize("script", NEUTRAL)
def test_neutral(script: str) -> None:
    placed, commands = last_run(script)
    assert all(is_neutral(it, placed.scope) for it in commands)


@pytest.mark.parametrize("script", NOT_NEUTRAL)
def test_not_neutral(script: str) -> None:
    placed, commands = last_run(script)
    assert not is_neutral(commands[0], placed.scope)


@pytest.mark.parametrize(
    ("directory", "script"),
    [
        ("/tmp/build", "rm -rf /tmp/*"),  # noqa: S108 - a path in an image
        ("/root", "rm -rf /root/.cache"),
        ("/home/app/src", "useradd -m app"),
        ("/srv", "mkdir -p /srv/data"),
    ],
)
def test_the_working_folder_is_out_of_bounds(directory: str, script: str) -> None:
    placed, commands = last_run(script, f"WORKDIR {directory}")
    assert not is_neutral(commands[0], placed.scope)


@pytest.mark.parametrize(
    ("target", "script"),
    [
        ("/tmp/setup.sh", "rm -rf /tmp/*"),  # noqa: S108 - a path in an image
        ("/var/cache/app", "rm -rf /var/cache/*"),
        ("/home/app/src", "useradd -m app"),
        ("/data/app", "useradd -m -d /data/app app"),
        ("/data", "mkdir -p /data/log"),
    ],
)
def test_what_is_copied_is_out_of_bounds(target: str, script: str) -> None:
    placed, commands = last_run(script)
    assert is_neutral(commands[0], placed.scope, ["/opt/app", "?"])
    assert not is_neutral(commands[0], placed.scope, [target])


def test_a_copied_program_of_a_known_name() -> None:
    placed, commands = last_run("./apt-get update")
    assert not is_neutral(commands[0], placed.scope)
