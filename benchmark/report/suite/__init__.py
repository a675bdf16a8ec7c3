"""The page on the suite that results are named by."""
