"""Simulated corpora: what a vocal tract model is made to say, and what sensors would record of it.

In the order of the pipeline: `texts` (what is said and when), `talkers` (who says it), `synthesis`
(movement and sound; the only part that needs the synthesiser), `sensors` (signals, derived from
movement and sound when they are read).
"""
