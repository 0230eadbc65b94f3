"""The systems' package managers: apt, apk, dnf and the like."""
