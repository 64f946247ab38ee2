"""What the command line does besides serving: check, try, demo, eval, and the listings."""
