"""Whether a file answers as the trained model does."""
