"""Rewrites of an ONNX file, each in a file of its own."""
