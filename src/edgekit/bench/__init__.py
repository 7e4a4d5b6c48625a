"""From bundles to a measurement: fresh processes, one image at a time, every sample kept."""
