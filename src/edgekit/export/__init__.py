"""From a run to a verified bundle."""

from edgekit.store.frameworks import keep_files_together

keep_files_together()
