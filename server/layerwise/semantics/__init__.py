"""What a Dockerfile means: stages, scopes, settings, shell commands. Knows nothing of the build context."""
