"""Messages as bytes on a pipe. Knows nothing of what is in them."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from typing import Final

_HEADER_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"content-length:[ \t]*(\d{1,9})[ \t]*(?=\r|\n|\Z)", re.IGNORECASE)
_LONGEST_HEADER: Final = 64 * 1024
_log: Final = logging.getLogger(__name__)


def read_messages(read: Callable[[], bytes]) -> Iterator[bytes]:
    """Yield the body of each message; ``read`` returns some more bytes, none at the end.

    What is no header is skipped up to the next one.
    """
    buffer = bytearray()
    while True:
        while (end := buffer.find(_HEADER_END)) < 0:
            # The start of a header may be at the end of what is no header.
            del buffer[: max(0, len(buffer) - _LONGEST_HEADER)]
            if not (more := read()):
                return
            buffer += more
        lengths = _LENGTH.findall(bytes(buffer[:end]))
        del buffer[: end + len(_HEADER_END)]
        if not lengths:
            _log.warning("skipped input without a Content-Length")
            continue
        length = int(lengths[-1])
        while len(buffer) < length:
            if not (more := read()):
                return
            buffer += more
        yield bytes(buffer[:length])
        del buffer[:length]


class Output:
    """Where messages go; a writer as pygls wants one. Once nobody reads it, what is written is dropped."""

    def __init__(self, descriptor: int, lost: Callable[[], None]) -> None:
        """Write to ``descriptor``; ``lost`` is called when nobody reads any more."""
        self._descriptor = descriptor
        self._lost = lost
        self._open = True

    def write(self, data: bytes) -> None:
        """Write a whole message with its header."""
        rest = memoryview(data)
        try:
            while rest and self._open:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            self._open = False
            self._lost()

    def send(self, body: bytes) -> None:
        """Write a message that is JSON."""
        self.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def close(self) -> None:
        """Write nothing any more."""
        self._open = False
