"""How a TFLite file is read without TensorFlow Lite: a flatbuffer, and a zip behind it."""
