"""The text of a Dockerfile from its bytes: UTF-8 only, which is all that builders read."""

from __future__ import annotations

from typing import Final

MOST_BYTES: Final = 10 * 1024 * 1024
BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


class SourceError(Exception):
    """What is wrong with a path, and what to do about it: the end of a message that starts with the path."""


def decode(data: bytes) -> str:
    """Return the text of a file without its byte order mark; raises ``SourceError`` for what is no Dockerfile.

    ``data`` of more than ``MOST_BYTES`` is refused, so a reader may stop one byte behind.
    """
    if len(data) > MOST_BYTES:
        megabytes = MOST_BYTES // 1024 // 1024
        raise SourceError(f"it is larger than {megabytes} MiB, which no Dockerfile needs; name another file")
    if data.startswith(_UTF16):
        raise SourceError("it is UTF-16, and builders read UTF-8 only; save it as UTF-8")
    if (at := data.find(0)) >= 0:
        line = data.count(b"\n", 0, at) + 1
        raise SourceError(f"it is not a text file: there is a NUL byte in line {line}; name another file")
    try:
        return data.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        # What the error counts has no byte order mark.
        at = error.start + len(data) - len(data.removeprefix(BOM))
        line = data.count(b"\n", 0, at) + 1
        what = f"byte 0x{data[at]:02x} in line {line} (byte {at + 1} of the file)"
        raise SourceError(f"it is not UTF-8: {what}; save it as UTF-8") from None
