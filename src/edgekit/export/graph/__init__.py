"""A trained network as a small typed graph: read from Keras, changed by exact rewrites, written for a runtime."""
