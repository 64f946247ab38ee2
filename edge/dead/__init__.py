"""Dead letters as they are kept on this machine, and read once more."""
