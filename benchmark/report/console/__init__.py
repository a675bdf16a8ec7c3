"""Tables of results for a terminal of 80 columns."""

from benchmark.report.console.boards import brief, ranking, standings
from benchmark.report.console.differences import comparison, differences
from benchmark.report.console.side_by_side import calibration, transfer
from benchmark.report.console.variants import entry_details, entry_tables

__all__ = [
    "brief",
    "calibration",
    "comparison",
    "differences",
    "entry_details",
    "entry_tables",
    "ranking",
    "standings",
    "transfer",
]
