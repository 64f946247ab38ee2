"""What a reading's schema may say, and its patterns and references."""
