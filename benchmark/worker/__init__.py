"""What runs inside the sandbox: it trains one entry and answers for one recording after another.

In: the visible part of one fold, the code of one entry, inputs through a pipe. Out: predictions.
Imports `core` and `storage` only: this folder and the root of the package are copied into the
sandbox, and nothing else of SilentBench is.
"""
