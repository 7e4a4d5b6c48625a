"""Device side: one adapter a runtime, behind one small protocol."""

from edgekit.host.frameworks import stop_calls

stop_calls()
