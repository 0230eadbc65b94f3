"""The language server: the only room that knows pygls and lsprotocol. See ``server`` for the way through it."""
