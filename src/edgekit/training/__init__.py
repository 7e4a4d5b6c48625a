"""From a recipe and a data set to a run."""

from edgekit.host.frameworks import keep_files_together

keep_files_together()
