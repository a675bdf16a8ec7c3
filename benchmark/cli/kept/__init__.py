"""The commands for models that are kept: train, predict."""
