"""What exact rewrites bring: edgekit's exports against the stock converters' files of the same deployable graph."""
