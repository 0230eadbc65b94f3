"""swift and its packages."""
