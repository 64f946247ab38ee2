"""The connection to the broker: the client, TLS, the session, and what the broker says of itself."""
