"""Measure the daemon side by side with its peers: speed, memory and accuracy, on one machine in one run."""
