"""Whether a file fits a target, told from the file alone: nothing of the target is installed."""
