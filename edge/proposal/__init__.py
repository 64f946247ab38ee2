"""From texts of a device to a route that a person can edit: what stands there, under which name, of which type."""
