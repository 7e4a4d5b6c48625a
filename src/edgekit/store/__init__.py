"""What is on disk: runs, bundles, results. Everything is written whole or not at all, and read with a schema check."""
