"""The build context as a value: what files the build sees. Knows nothing of the disk."""
