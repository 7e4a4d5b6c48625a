"""ONNX files: written from a graph, or made of a TFLite file."""
