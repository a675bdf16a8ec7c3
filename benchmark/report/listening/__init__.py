"""What entries predicted, as sound: kept predictions, pages to listen to, a test with ratings.

In: a snapshot, a table of it, and the predictions that runs have kept. Out: sounds, pages, scores.
"""
