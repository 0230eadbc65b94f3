"""dart and flutter."""
