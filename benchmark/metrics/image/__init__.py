"""Metrics of pictures and of the tongue contour in them. As `metrics`; imports `core`."""
