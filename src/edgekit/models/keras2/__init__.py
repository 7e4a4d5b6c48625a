"""Models that Keras 2 wrote, made of Keras 3's layers: its files differ in names, arguments, functions, and in how weights lie."""
