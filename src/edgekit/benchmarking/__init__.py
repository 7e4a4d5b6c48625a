"""From bundles to a measurement: fresh processes, one image at a time, every sample kept."""

from edgekit.host.frameworks import stop_calls

stop_calls()
