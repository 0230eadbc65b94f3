"""The lossless, incremental tree of a Dockerfile. Knows nothing of files and stages."""
