"""The shape cache: what the model has read alike, learned, replayed, audited and kept."""
