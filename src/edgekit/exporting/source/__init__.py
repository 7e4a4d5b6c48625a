"""What is exported: a run or a Keras model, its images, what its scores mean, and the graph that is deployed."""
