"""From bundles to a measurement: fresh processes, one image at a time, every sample kept."""

from edgekit.store.frameworks import stop_calls

stop_calls()
