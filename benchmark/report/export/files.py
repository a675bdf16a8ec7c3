"""The files of an export: one line for each score, nested tables, and their schema."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmark import storage
from benchmark.report.export.schema import Results, RowData, ScoreData, TableData
from benchmark.report.sealed import sealed_export

FORMULA = tuple("=+-@＝＋－＠\t\r")  # what a cell of a spreadsheet that is computed begins with
OF_TABLE = (  # what every line of CSV repeats
    *("task", "split", "corpus", "simulated", "aggregated"),
    *("calibration_of", "calibration_amount", "calibration_unit"),
)
COLUMNS: Mapping[str, str] = {
    **{name: TableData.model_fields[name].description or "" for name in OF_TABLE},
    **{n: f.description or "" for n, f in RowData.model_fields.items() if n != "scores"},
    **{n: f.description or "" for n, f in ScoreData.model_fields.items() if n != "by_unit"},
    **sealed_export.COLUMNS,
}


def lines(results: Results) -> list[dict[str, Any]]:
    """One dict for each score: what CSV and Parquet hold, with the keys of `COLUMNS`."""
    flat = []
    for table in results.tables:
        of_table = table.model_dump(include=set(OF_TABLE))
        for row in table.rows:
            of_row = row.model_dump(exclude={"scores"})
            for score in row.scores:
                of_score = score.model_dump(exclude={"by_unit"})
                of_score["unscorable"] = sum(score.unscorable.values())
                hidden = sealed_export.cells(table.sealed, row.entry, row.variant, score.metric)
                flat.append({**of_table, **of_row, **of_score, **hidden})
    return flat


def _no_formula(cell: object) -> object:
    """A text that spreadsheets do not compute: they take some first letters for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def write(results: Results, folder: Path) -> list[Path]:
    """Write all four files; the same results give the same bytes. Returns their paths."""
    import pandas as pd

    # With named columns a leaderboard without results gives a file of heads.
    frame = pd.DataFrame(lines(results), columns=list(COLUMNS))
    whole = ("tier", "metric_tier", "shared_units", "parameters")
    kinds = {**dict.fromkeys(whole, "Int64"), **sealed_export.KINDS}
    frame = frame.map(_no_formula).astype(kinds)
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    schema = json.dumps(Results.model_json_schema(), indent=1, ensure_ascii=False) + "\n"
    files = {
        "results.csv": frame.to_csv(index=False, lineterminator="\n").encode(),
        "results.parquet": parquet.getvalue(),
        "results.json": (results.model_dump_json() + "\n").encode(),
        "results.schema.json": schema.encode(),
    }
    for name, content in files.items():
        storage.write_whole(folder / name, content)
    return [folder / name for name in files]
