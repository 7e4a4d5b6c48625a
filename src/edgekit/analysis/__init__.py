"""Pure numbers: differences between answers, statistics of samples. NumPy and SciPy only."""
