"""One module for each group of methods; ``server`` registers them all."""
