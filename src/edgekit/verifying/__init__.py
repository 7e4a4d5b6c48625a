"""Device side: does an artifact answer as it did, and as the trained model does? The export's gate uses the same parts."""
