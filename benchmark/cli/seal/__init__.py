"""The commands of the sealed test: `seal make` and `seal score`."""
