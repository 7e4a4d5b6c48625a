"""Model files as containers: what stands in them, read without their formats' own libraries, and bounded."""
