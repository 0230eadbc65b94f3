"""What differs from pygls' protocol: junk gets an answer, a result may be ready-made JSON, texts are kept elsewhere."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any, Final, cast

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    LanguageServerProtocol,
    default_converter,
)
from typing_extensions import override

from layerwise.lsp.connection import Output

_log: Final = logging.getLogger(__name__)
# pygls would keep the texts a second time, with line ends of its own, and offer commands, of which there are none; how
# the process ends is for ``lifetime``.
_REPLACED: Final = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_EXECUTE_COMMAND,
    types.EXIT,
)


@dataclass(frozen=True, slots=True)
class Json:
    """The result of a request as JSON, to be sent as it is."""

    text: bytes


NOTHING: Final = Json(b"[]")


def converter() -> Converter:
    """Return pygls' converter, but for requests of our own: their parameters stay what they are in JSON.

    pygls would make objects of them whose attributes are whatever keys a client sends.
    """
    made = default_converter()
    made.register_structure_hook(JsonRPCRequestMessage, _own_request)
    # None of ours is a notification: what has no id is refused.
    made.register_structure_hook(JsonRPCNotification, _own_request)
    return made


def _own_request(message: dict[str, Any], _: object) -> JsonRPCRequestMessage:
    return JsonRPCRequestMessage(message["id"], message["method"], message["jsonrpc"], message.get("params"))


class Protocol(LanguageServerProtocol):
    """Takes messages as they come off the wire; whatever is in one, it costs itself only."""

    _initialized = False

    def replace_builtins(self) -> None:
        """Leave to our own handlers what pygls would do in another way."""
        _, builtin = self._handlers()
        for method in _REPLACED:
            builtin.pop(method, None)

    def receive(self, body: bytes) -> None:
        """Handle one message."""
        try:
            data = cast("object", json.loads(body))
        except (ValueError, RecursionError) as error:
            self._refuse(None, JsonRpcParseError(f"not JSON: {error}"))
            return
        message = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
        if message.get("jsonrpc") != self.VERSION:
            self._refuse(None, JsonRpcInvalidRequest("not a message of JSON-RPC 2.0"))
            return
        method: object = message.get("method")
        _log.info("received %s", method or "an answer")
        _log.debug("%r", body)
        refusal = (isinstance(method, str) and self._out_of_place(method)) or self._take(message)
        if refusal and method and "id" in message:
            self._refuse(message["id"], refusal)
        elif refusal:
            _log.warning("ignored %s: %s", method or "an answer", refusal)

    def _out_of_place(self, method: str) -> JsonRpcException | None:
        """Return why there is no such request or notification now."""
        if method in (types.CANCEL_REQUEST, types.EXIT):
            return None
        if not any(method in it for it in self._handlers()):
            return JsonRpcMethodNotFound(f"there is no method {method}")
        if self._shutdown:
            return JsonRpcInvalidRequest("the server was told to shut down")
        if method != types.INITIALIZE:
            return None if self._initialized else JsonRpcServerNotInitialized("initialize comes first")
        if self._initialized:
            return JsonRpcInvalidRequest("the server is initialized already")
        self._initialized = True
        return None

    def _handlers(self) -> tuple[dict[str, object], dict[str, object]]:
        return cast("Any", self.fm).features, cast("Any", self.fm).builtin_features

    def _take(self, message: dict[str, Any]) -> JsonRpcException | None:
        try:
            self.handle_message(cast("Any", self.structure_message(message)))
        except JsonRpcException:
            return JsonRpcInvalidParams("the parameters are not what they should be")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return JsonRpcInvalidRequest(f"{type(error).__name__}: {error}")
        return None

    def _refuse(self, identity: object, error: JsonRpcException) -> None:
        _log.warning("refused a message: %s", error)
        known = identity if isinstance(identity, int | str) else None
        self._send_response(cast("Any", known), error=error.to_response_error())

    @override
    def _send_data(self, data: object) -> None:
        result = cast("object", data.result) if isinstance(data, JsonRPCResponseMessage) else None
        if isinstance(data, JsonRPCResponseMessage) and isinstance(result, Json) and isinstance(self.writer, Output):
            self.writer.send(b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (json.dumps(data.id).encode(), result.text))
        else:
            super()._send_data(data)
