"""Numbers with units, and text that is shown as text."""
