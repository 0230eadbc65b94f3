"""Offsets, lines and edits of one text. Knows nothing of Dockerfiles."""
