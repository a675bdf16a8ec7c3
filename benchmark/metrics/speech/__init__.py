"""Metrics of sound, spectrograms and pitch. In and out as in `metrics`; imports `core`."""
