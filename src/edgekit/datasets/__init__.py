"""Image folders, decoding, and the embedded letters28: NumPy and Pillow only."""
