"""Creating, deleting and widening topics."""
