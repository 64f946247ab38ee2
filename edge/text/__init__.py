"""What stands in a text: numbers, pieces, units."""
