"""Commands that print published results."""
