"""layerwise: makes Docker's build cache visible and keeps it working."""
