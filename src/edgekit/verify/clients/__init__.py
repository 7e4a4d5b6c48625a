"""Other people's runtimes: does an artifact open in each, and answer as it did? Each is asked in a process of its own."""
