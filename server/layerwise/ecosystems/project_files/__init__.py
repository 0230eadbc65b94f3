"""Reading what managers read: manifests, lockfiles and settings as plain values. Knows nothing of commands."""
