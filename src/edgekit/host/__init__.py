"""What this machine's operating system offers: child processes and locks."""
