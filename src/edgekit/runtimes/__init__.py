"""Device side: one adapter a runtime, behind one small protocol."""

from edgekit.store.frameworks import stop_calls

stop_calls()
