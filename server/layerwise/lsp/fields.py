"""The parameters of requests of our own, for which lsprotocol has no types."""

from __future__ import annotations

from typing import cast

from pygls.exceptions import JsonRpcInvalidParams


class Fields:
    """The fields of an object in JSON. Raises ``JsonRpcInvalidParams`` for what is not as it must be."""

    def __init__(self, value: object, name: str = "params") -> None:
        """``name`` is what messages call it."""
        if not isinstance(value, dict):
            raise JsonRpcInvalidParams(f"`{name}` must be an object")
        self._values = cast("dict[str, object]", value)
        self._name = name

    def fields(self, key: str) -> Fields:
        """Return an object."""
        return Fields(self._values.get(key), f"{self._name}.{key}")

    def text(self, key: str) -> str:
        """Return a string."""
        value = self._values.get(key)
        if not isinstance(value, str):
            raise JsonRpcInvalidParams(f"`{self._name}.{key}` must be a string")
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a string; None if it is left out, or null."""
        return None if self._values.get(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings; none if it is left out, or null."""
        value = self._values.get(key)
        items = cast("list[object]", value) if isinstance(value, list) else None
        if items is None and value is not None:
            raise JsonRpcInvalidParams(f"`{self._name}.{key}` must be a list of strings")
        texts = tuple(it for it in items or () if isinstance(it, str))
        if len(texts) != len(items or ()):
            raise JsonRpcInvalidParams(f"`{self._name}.{key}` must be a list of strings")
        return texts
