"""The session: open documents, settings and the disk. The only room with state."""
