"""The one door to dockerfile-parse: it reads a logical line, and this module makes it read as BuildKit does.

Each difference that is made up for here has a test in tests/syntax/test_reading.py.
"""

from __future__ import annotations

import io
import re
from typing import Final

from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import WordSplitter

GO_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's ``unicode.IsSpace`` accepts (Python's ``str.isspace`` adds U+001C to U+001F)."""

_KEYWORD_END: Final = re.compile(r"[\t\v\f\r ]+")
_END: Final = "\0"
# dockerfile-parse splits at any Unicode space, BuildKit's splitCommand only at five ASCII ones; the rest, and the
# newlines that cannot stand in a logical line, pass through it in disguise.
_OTHER_SPACES: Final = "".join(set(GO_SPACE) - set("\t\v\f\r ")) + "\x1c\x1d\x1e\x1f"
_DISGUISE: Final = str.maketrans(_OTHER_SPACES, "".join(chr(0xF0000 + it) for it in range(len(_OTHER_SPACES))))
_SEPARATORS: Final = str.maketrans("\x1c\x1d\x1e\x1f", "\U000f0100\U000f0101\U000f0102\U000f0103")
_SWAPPED_ESCAPE: Final = str.maketrans("\\`", "`\\")


def split_instruction(line: str) -> tuple[str, str]:
    """Split a logical line, already stripped, into keyword and rest, both as written.

    Source: BuildKit ``parser/split_command.go:splitCommand``.
    """
    if not line:
        return "", ""
    # An end mark saves a last word that is blank or an escape character, which dockerfile-parse strips, and makes
    # it see an instruction without arguments, which it drops.
    disguised = line.translate(_DISGUISE)
    padded = f"{disguised}{_END}" if _KEYWORD_END.search(line) else f"{disguised} {_END}"
    if line.startswith("#"):
        # The trigger of "ONBUILD # x" is no comment to BuildKit.
        padded = f"\ue000{padded}"
    structure = DockerfileParser(fileobj=io.StringIO(padded)).structure
    value: str = structure[0]["value"].removesuffix(_END)
    rest = line[len(line) - len(value) :] if value else ""
    # Upper-casing can change a keyword's length ("ß"), so the keyword is taken from the line itself.
    return _KEYWORD_END.split(line, maxsplit=1)[0], rest


def split_words(text: str, escape: str) -> list[str]:
    """Split at blanks outside quotes; quotes and escapes stay.

    Source: BuildKit ``parser/line_parsers.go:parseWords``.
    """
    # WordSplitter knows one escape character and Python's idea of a space.
    swapped = text.translate(_SWAPPED_ESCAPE) if escape == "`" else text
    words = [it for it in WordSplitter(swapped.translate(_SEPARATORS)).split(dequote=False) if it is not None and it]
    if words and _ends_in_bare_escape(swapped):
        words[-1] = words[-1][:-1]
        if not words[-1]:
            words.pop()
    restored = [it.translate(_RESTORE) for it in words]
    return [it.translate(_SWAPPED_ESCAPE) for it in restored] if escape == "`" else restored


_RESTORE: Final = {after: before for before, after in _SEPARATORS.items()}


def _ends_in_bare_escape(text: str) -> bool:
    """Tell whether the last character is an escape with nothing to escape (outside single quotes)."""
    quote = ""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
    return escaped
