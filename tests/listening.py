"""Progress that keeps what it is told."""

from edgekit.spec.progress import Silent


class Listener(Silent):
    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)
