"""What can be reached at best: predictions that are made from the answers."""
