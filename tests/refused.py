"""Dockerfiles that BuildKit refuses before it builds anything, and others that it takes: our word, and the builder's.

`tests/syntax` asks our parser, `tests/builder` a real BuildKit. The base image `a` stands for any.
"""

from __future__ import annotations

from typing import Final

REFUSED: Final = [
    ("", "", "the file has no instructions"),
    ("# only a comment\n", "", "the file has no instructions"),
    ("RUN x\n", "RUN", "RUN stands before the first FROM, where only ARG may"),
    ("FROM a\nRNU x\n", "RNU", "unknown instruction RNU (did you mean RUN?)"),
    ("FROM a b\n", "FROM a b", "FROM takes an image, or an image AS name"),
    ("FROM a AS 1x\n", "1x", "'1x' can't name a stage: it must start with a letter, then letters, digits, - _ ."),
    ("FROM a\nCOPY x\n", "COPY x", "COPY needs a source and a destination"),
    ("FROM a\nCOPY --frm=b x y\n", "--frm=b", "COPY has no flag --frm (did you mean --from?)"),
    ("FROM a\nCOPY --chown x y\n", "--chown", "--chown needs a value: --chown=…"),
    ("FROM a\nCOPY --link=maybe x y\n", "--link=maybe", "--link takes true or false, not 'maybe'"),
    ("FROM a\nCOPY --chown=1 --chown=2 x y\n", "--chown=2", "--chown stands twice"),
    ("FROM a\nRUN --mount=type=cach,target=/x y\n", "--mount=type=cach,target=/x",
     "unknown mount type 'cach' (did you mean cache?)"),
    ("FROM a\nRUN --mount=type=cache,taget=/x y\n", "--mount=type=cache,taget=/x",
     "--mount has no key 'taget' (did you mean target?)"),
    ("FROM a\nRUN --mount=type=bind,sharing=locked,target=/x y\n", "--mount=type=bind,sharing=locked,target=/x",
     "sharing= is only for type=cache"),
    ('FROM a\nRUN --mount=type=cache,target=\\"/x y\n', '--mount=type=cache,target=\\"/x',
     "--mount takes key=value,key=value,…; with a comma in a value, quote the whole field"),
    ('FROM a\nRUN --mount=\\"type=cache\\"x,target=/x y\n', '--mount=\\"type=cache\\"x,target=/x',
     "--mount takes key=value,key=value,…; with a comma in a value, quote the whole field"),
    ("FROM a\nRUN --mount= y\n", "--mount=",
     "--mount takes key=value,key=value,…; with a comma in a value, quote the whole field"),
    ("FROM a\nENV A=1 B\n", "B", '"B" has no "=": after the first name=value every word must be one'),
    ("FROM a\nENV A\n", "A", "ENV needs a name and a value"),
    ("FROM a\nENV =1\n", "=1", "a name in ENV can't be blank"),
    ("FROM a\nENV A=1 =2\n", "=2", "a name in ENV can't be blank"),
    ("FROM a\nLABEL =1\n", "=1", "a name in LABEL can't be blank"),
    ("FROM a\nENV = x\n", "x", '"x" has no "=": after the first name=value every word must be one'),
    # ARG has no old form: each word is a name, or a name with a value.
    ("FROM a\nARG A = 1\n", "=", "a name in ARG can't be blank"),
    ("FROM a\nCMD [1, \\\n 2]\n", "[1, \\\n 2]", "a JSON array here may hold only strings in double quotes"),
    ("FROM a\nSHELL sh\n", "SHELL sh", 'SHELL needs a JSON array, such as ["/bin/bash", "-c"]'),
    ("FROM a\nHEALTHCHECK CMD\n", "HEALTHCHECK CMD", "HEALTHCHECK CMD needs a command, HEALTHCHECK NONE takes none"),
    ("FROM a\nHEALTHCHECK curl x\n", "HEALTHCHECK curl x", "HEALTHCHECK takes CMD or NONE, not CURL"),
    ("FROM a\nONBUILD FROM b\n", "FROM", "FROM can't be an ONBUILD trigger"),
    ("FROM a\nONBUILD ONBUILD RUN x\n", "ONBUILD", "ONBUILD can't be an ONBUILD trigger"),
    ("FROM a\nWORKDIR\n", "WORKDIR", "WORKDIR needs an argument"),
    ("FROM a\nRUN cat <<EOF\nx\n", "RUN", 'the heredoc "EOF" has no end line'),
    ("# escape=x\nFROM a\n", "# escape=x", "the escape character must be \\ or `, not x"),
    ("# check=a\n# check=b\nFROM a\n", "# check=b", "only one check directive can be used"),
    (f"FROM a\nRUN {'x' * 65_532}\n", f"RUN {'x' * 65_532}", "the line is longer than 65535 bytes; BuildKit reads no further"),
]  # fmt: skip
"""(Dockerfile, marked text, message)"""

ACCEPTED: Final = [
    "ARG V=1\nFROM a:$V AS x\nFROM --platform=$BUILDPLATFORM x\n",
    "FROM a\nARG --not-a-flag A\nSTOPSIGNAL --x SIGTERM\nHEALTHCHECK --x NONE\n",
    "FROM a\nCOPY --link --parents=false --exclude=*.a --exclude=*.b x y /z/\nADD --unpack --checksum=sha256:" + 64 * "0" + " http://x y\n",
    "FROM a\nRUN --mount=type=cache,sharing=locked,target=/c --mount=type=secret,id=s,required --network=none x\n",
    "FROM a\nCMD []\nENTRYPOINT\nCMD\nRUN\n",
    'FROM a\nHEALTHCHECK --retries=3 CMD ["x"]\nSHELL ["a"]\nVOLUME ["/x"]\nMAINTAINER x y\n',
    f"FROM a\nRUN {'x' * 65_531}\n",
    # The old form takes everything behind the name for the value, an equals sign too.
    "FROM a\nENV DB = /db/x.sqlite\nLABEL name = \"x\"\nENV A\t=\nENV B =c d\n",
    "FROM a\nONBUILD ENV =1\n",
    # The type may stand anywhere, and be what only the build knows.
    ("ARG T=cache\nFROM a\nARG T\nRUN --mount=sharing=locked,type=cache,target=/x true\n"
    "RUN --mount=type=$T,sharing=locked,target=/x true\n"),
    'FROM a\nRUN --mount=type=cache,\\"target=/a,b\\" true\nRUN --mount="type=cache,target=/x\r" true\n',
    f"FROM a\nRUN --mount=type=cache,target=/{'x' * 40_000},id=\\\n{'y' * 60_000}\\\n{'z' * 60_000} true\n",
]  # fmt: skip
