"""Contenders side by side: fresh processes, interleaved, from the same raw image in memory to the scores."""
