"""What Compose, Bake and devcontainer files say of the builds of a workspace: which Dockerfile in which context."""
