"""What plain commands of a shell do."""
