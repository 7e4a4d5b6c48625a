"""A network as a small typed graph: pure data, which exact rewrites change and each format's writer reads."""
