"""What the tests use of PyPI `dockerfile`, which comes without types."""

class GoParseError(ValueError): ...

class Heredoc:
    name: str
    file_descriptor: int
    content: str

class Command:
    cmd: str | None
    sub_cmd: str | None
    json: bool
    original: str
    start_line: int
    end_line: int
    flags: tuple[str, ...]
    value: tuple[str, ...]
    heredocs: tuple[Heredoc, ...]

def all_cmds() -> tuple[str, ...]: ...
def parse_string(text: str, /) -> tuple[Command, ...]: ...
