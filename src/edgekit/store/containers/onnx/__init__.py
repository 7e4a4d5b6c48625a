"""How an ONNX file is read without onnx: a message of Protocol Buffers."""
