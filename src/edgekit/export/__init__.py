"""From a run to a verified bundle."""
