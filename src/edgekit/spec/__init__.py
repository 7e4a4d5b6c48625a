"""Pure data: what a tensor, a network, a recipe, an export or a measurement is. Imports no framework, not even NumPy."""
