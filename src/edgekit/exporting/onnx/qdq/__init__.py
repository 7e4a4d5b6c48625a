"""An int8 TFLite file written as an ONNX model with Q/DQ pairs."""
