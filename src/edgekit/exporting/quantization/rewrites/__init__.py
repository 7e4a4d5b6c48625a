"""Rewrites of how a network becomes integers, in a file each."""
