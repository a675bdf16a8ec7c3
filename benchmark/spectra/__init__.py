"""Mel spectrograms: the front end that corpora share, and the way back from one to sound.

Corpora make spectrograms with it, metrics listen to predicted ones. Imports nothing of ours but
`core`.
"""
