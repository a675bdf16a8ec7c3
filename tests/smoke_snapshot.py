"""A leaderboard snapshot in which smoke splits have tables too; a real one has none of them."""

from dataclasses import replace
from pathlib import Path

from benchmark.leaderboard import build, gate
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.registry import reported_figures


def read(root: Path) -> Snapshot:
    """The snapshot of a project whose smoke splits count like the others."""
    project = gate.read_project(root)
    tasks = {n: replace(t, splits=(*t.splits, *t.smoke)) for n, t in project.tasks.items()}
    admitted = gate.admit(replace(project, tasks=tasks))
    tables = build.tables(admitted, tasks)
    reported = reported_figures.tables(root / "baselines" / "published.toml")
    return Snapshot(
        tables,
        tasks,
        project.corpora,
        project.entries,
        reported,
        refused=admitted.refused,
        expected=admitted.expected,
    )
