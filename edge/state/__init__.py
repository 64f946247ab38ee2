"""The state directory: who holds it, and how its SQLite files are opened."""
