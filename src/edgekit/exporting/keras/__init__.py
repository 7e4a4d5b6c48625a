"""A graph written as a Keras model, which TensorFlow's converter takes."""
