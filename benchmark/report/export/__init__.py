"""The leaderboard as data: results.csv, results.parquet, results.json, and the JSON's schema.

CSV and Parquet have one line for each score: one metric of one row of one table. JSON nests them as
the pages do and adds the scores by unit, the breakdowns and the ranking across tasks. Scores and
their intervals are written in full. `COLUMNS` says what each column of CSV and Parquet holds.
"""

from benchmark.report.export.files import COLUMNS, lines, write
from benchmark.report.export.from_tables import results
from benchmark.report.export.schema import SCHEMA_VERSION, Results

__all__ = ["COLUMNS", "SCHEMA_VERSION", "Results", "lines", "results", "write"]
