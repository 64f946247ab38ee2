"""What the daemon knows of its own work, and how monitoring fetches it: figures, Prometheus, HTTP."""
