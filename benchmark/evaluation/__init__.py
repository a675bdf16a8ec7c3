"""One job: start the sandbox, ask for predictions, validate, probe and score them.

In: one job request. Out: one result. Predictions meet answers here.
Imports all packages above it.
"""
