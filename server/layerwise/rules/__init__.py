"""One file per rule, an explicit registry, the engine and suppression comments."""
