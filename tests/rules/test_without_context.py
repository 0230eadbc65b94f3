"""What is said of a Dockerfile whose build context is not known: nothing that may be wrong."""

from __future__ import annotations

import pytest

from layerwise.context.build_context import BuildContext
from layerwise.rules.analysis import Located, Options, analyse
from layerwise.syntax.tree import parse
from layerwise.text.line_index import LineIndex

APT = "RUN apt-get update && apt-get install -y curl\n"


def found(steps: str) -> list[Located]:
    text = f"FROM debian:12\n{steps}"
    return [*analyse(LineIndex(text), parse(text), BuildContext.unknown(), Options()).findings]


def messages(steps: str) -> list[str]:
    return [it.message for it in found(steps)]


@pytest.mark.parametrize(
    "steps",
    [
        "COPY tool.list /etc/apt/sources.list.d/\n" + APT,
        "COPY hosts.txt /etc/hosts\n" + APT,
        "COPY Gitconfig ${HOME}/.gitconfig\n" + APT,
        "COPY app.ini $PHP_INI_DIR/conf.d/\n" + APT,
        "COPY rootfs /\n" + APT,
        "COPY setup.sh /tmp/\nRUN sh /tmp/setup.sh\n" + APT,
        "COPY setup.sh /tmp/setup.sh\nRUN chmod +x /tmp/setup.sh && /tmp/setup.sh\n" + APT,
        "COPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt\n" + APT,
        "COPY Gemfile Gemfile.lock ./\nRUN bundle install\n" + APT,
        "COPY Aptfile /tmp/\nRUN grep -v '#' /tmp/Aptfile | xargs apt-get install -y\n",
        "COPY alpine/tiff/* ./\nRUN apk add --allow-untrusted /home/abuild/packages/*.apk\n",
        "COPY . /src\nRUN apt-get install -y /src/debs/*.deb\n",
        "COPY . /src\nRUN apt-get install -y /src/tool.deb\n",
        "COPY . /src\nFROM 0\n" + APT,
    ],
)
def test_nothing_is_out_of_order(steps: str) -> None:
    assert messages(steps) == []


TAKES = """\
sh FILE | bash FILE | ash FILE | dash FILE | zsh FILE | ksh FILE | . FILE | source FILE | cat FILE
python FILE | python2 FILE | python3 FILE | perl FILE | ruby FILE | node FILE | php FILE | Rscript FILE
apt-key add FILE | gpg --import FILE | gpg2 --import FILE | rpmkeys --import FILE | debconf-set-selections FILE
dpkg -i FILE | rpm -i FILE | pip install FILE | pip2 install FILE | pip3 install FILE
patch -p1 -i FILE | git apply FILE | tar -xf FILE -C / | unzip FILE -d / | psql -f FILE
"""


@pytest.mark.parametrize("command", [it.strip() for line in TAKES.splitlines() for it in line.split(" | ")])
def test_a_step_needs_the_file_that_it_runs_or_takes_in(command: str) -> None:
    copy = "COPY tool.x /tools/\n"
    assert messages(f"{copy}RUN {command.replace('FILE', '/tools/tool.x')}\n{APT}") == []
    assert messages(f"{copy}RUN {command.replace('FILE', '/tools/other.x')}\n{APT}") != []


@pytest.mark.parametrize(("number", "many"), [(199, 0), (200, 1)])
def test_what_steps_run_is_kept_in_mind_up_to_a_bound(number: int, many: int) -> None:
    scripts = " ".join(f"/s/{it}.sh" for it in range(number))
    steps = f"COPY 0.sh /s/\nRUN cat {scripts} | sh\nCOPY setup.sh /tmp/\nRUN sh /tmp/setup.sh\nUSER 0\n"
    assert len(messages(steps + APT)) == many
    assert messages(steps.replace("COPY 0.sh /s/\n", "") + APT) == [], "only files of the project count"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("COPY . /src\n" + APT, "Editing any file copied on line 2 re-runs `apt-get install` on line 3"),
        # What runs is not the file here, but a program of that name on the PATH.
        ("COPY run.sh ./\nRUN run.sh\n" + APT, "Editing any file copied on line 2 re-runs `apt-get install` on line 4"),
        (
            "COPY run.sh ./\nRUN ls run.sh\n" + APT,
            "Editing any file copied on line 2 re-runs `apt-get install` on line 4",
        ),
        (
            "COPY run.sh /\nRUN $TOOL /run.sh\n" + APT,
            "Editing any file copied on line 2 re-runs `apt-get install` on line 4",
        ),
        (
            "COPY run.sh /\nRUN cd $HERE && sh run.sh\n" + APT,
            "Editing any file copied on line 2 re-runs `apt-get install` on line 4",
        ),
        ("COPY run.sh /\n" + APT, "Editing any file copied on line 2 re-runs `apt-get install` on line 3"),
        ("COPY app /app\n" + APT, "Editing any file copied on line 2 re-runs `apt-get install` on line 3"),
        (
            "COPY setup.sh /tmp/\nRUN /tmp/setup.sh\nCOPY . /src\n" + APT,
            "Editing any file copied on line 4 re-runs `apt-get install` on line 5",
        ),
    ],
)
def test_files_that_the_install_does_not_need(steps: str, expected: str) -> None:
    assert messages(steps) == [expected]


@pytest.mark.parametrize(
    ("sources", "many"),
    [(".", 1), ("./", 1), ("src", 1), ("src/app/", 1), ("index.js", 0), ("Makefile", 0), ("index.js src", 1)],
)
def test_folders_are_no_files_chosen_for_an_install_that_may_read_more(sources: str, many: int) -> None:
    assert len(messages(f"WORKDIR /app\nCOPY {sources} ./\nRUN npm ci\n")) == many


@pytest.mark.parametrize("install", ["apt-get install -y curl", "npm ci", "go mod download"])
def test_that_there_is_no_context_is_why_there_is_no_fix(install: str) -> None:
    reasons = [it.withheld for it in found(f"WORKDIR /app\nCOPY . .\nRUN {install}\n")]
    assert reasons == ["there is no build context here to look into"]
