"""go and its modules."""
