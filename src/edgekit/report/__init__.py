"""From results to rows that a person reads."""
