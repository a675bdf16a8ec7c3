"""Two rows of a table, held against each other."""
