"""The frame that all managers share: command lines, judgements, lockfiles. Knows no manager."""
