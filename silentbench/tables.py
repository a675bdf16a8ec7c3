"""Lines as a table of pandas, which only those who ask for one need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from benchmark.core import UserError

if TYPE_CHECKING:
    import pandas as pd


def table(lines: Sequence[Mapping[str, Any]], columns: list[str] | None = None) -> pd.DataFrame:
    """A DataFrame with a row for each line; UserError where pandas is not installed."""
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        needed = "tables need pandas, which is not installed: pip install 'silentbench[report]'"
        raise UserError(needed) from error
    return pd.DataFrame(lines, columns=columns)
