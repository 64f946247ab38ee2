"""Say how well an adapter reads, by the product's own reading of what was made from it, and what it gets wrong."""
