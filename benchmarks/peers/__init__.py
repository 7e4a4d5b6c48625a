"""edgekit's exports and what one gets without it, from the same trained weights, side by side in one run."""
