"""How property tests draw their examples: the same ones each time, and few of them, since what one costs is a Keras model."""

from hypothesis import settings

settings.register_profile("few", max_examples=8, deadline=None, derandomize=True)
settings.load_profile("few")
