"""Device side: one adapter a runtime, behind one small protocol."""
