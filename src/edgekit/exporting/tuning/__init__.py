"""Which rewrites are fastest: searched for on this machine, or told by results from another one."""
