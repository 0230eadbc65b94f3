"""What goes wrong: all of it into the log, little of it into the user's face."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Final

from lsprotocol import types
from pygls.exceptions import FeatureRequestError, JsonRpcException
from typing_extensions import override

from layerwise.workspace.settings import Trace

_log: Final = logging.getLogger(__name__)
_LEVELS: Final = {Trace.OFF: logging.WARNING, Trace.MESSAGES: logging.INFO, Trace.VERBOSE: logging.DEBUG}


class Reports:
    """Says things to the user once a session."""

    def __init__(self, show: Callable[[types.ShowMessageParams], None]) -> None:
        """Show messages with ``show``."""
        self._show = show
        self._said: set[str] = set()
        self._failed = False

    def warn(self, message: str) -> None:
        """Log a warning and show it; the same one only once."""
        if message not in self._said:
            self._said.add(message)
            _log.warning("%s", message)
            self._show(types.ShowMessageParams(types.MessageType.Warning, f"layerwise: {message}"))

    def error(self, error: BaseException, source: object = None) -> None:
        """Log an error of ours; the first one is shown, too. What went wrong with a request is in its answer."""
        if source is FeatureRequestError:
            return
        details = error.data if isinstance(error, JsonRpcException) else None
        _log.error("internal error: %s %s", error, details or "", exc_info=None if details else error)
        if not self._failed:
            self._failed = True
            message = f"layerwise: internal error, details are in the log: {error}"
            self._show(types.ShowMessageParams(types.MessageType.Error, message))


class _ExpectedAnswers(logging.Filter):
    """Drops what is no error of ours: pygls logs every refusal with a traceback, and every cancel that came late."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, JsonRpcException) and not record.getMessage().startswith("Cancel notification for")


def log_to_stderr() -> None:
    """Send the log to stderr: stdout is for the protocol."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("pygls").setLevel(logging.WARNING)
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_ExpectedAnswers())


def set_trace(trace: Trace) -> None:
    """Log as much as the setting says."""
    logging.getLogger("layerwise").setLevel(_LEVELS[trace])
