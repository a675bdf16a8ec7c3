"""The options of `run`, which other verbs share, and what it shows while it goes on."""
