"""From a run to a verified bundle."""

from edgekit.host.frameworks import keep_files_together

keep_files_together()
