"""One job: start the sandbox, ask for predictions, validate, probe and score them.

In: one job request. Out: one result. The only package that sees predictions and answers together.
Imports all packages above it.
"""
