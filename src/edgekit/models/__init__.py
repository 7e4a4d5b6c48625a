"""Keras models of any origin: read from files, taken apart where they end and begin, and read as a graph."""

from edgekit.host.frameworks import keep_files_together

keep_files_together()
