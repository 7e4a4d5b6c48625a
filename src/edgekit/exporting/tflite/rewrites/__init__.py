"""Rewrites of TFLite files, in a file each."""
