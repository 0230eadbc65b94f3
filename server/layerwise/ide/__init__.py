"""What editors show, as plain records. Knows nothing of the protocol."""
