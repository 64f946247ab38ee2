"""How the verbs ask a running daemon."""
