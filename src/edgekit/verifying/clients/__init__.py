"""Other people's runtimes: does an artifact open in each, and answer as it did? Each is asked in a process of its own."""

from edgekit.host.frameworks import keep_files_together, stop_calls

keep_files_together()
stop_calls()
