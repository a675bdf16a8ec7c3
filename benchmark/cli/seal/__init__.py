"""The commands of the sealed test: `seal score`."""
