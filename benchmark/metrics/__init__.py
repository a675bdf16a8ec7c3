"""Metrics, one file a family: definition, check of the input, measurement, reduction to a score.

In: a prediction and a target. Out: sufficient statistics of one recording, and scores from sums of
them. `speech/` compares sound and spectra, `image/` pictures. Imports `core` only.
"""
