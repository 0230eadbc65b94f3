"""The model of the builder's cache: key inputs of each step, and what a change rebuilds."""
