"""Time and memory of the leaderboard for many results: reading, tables, pages, site.

    python benchmarks/leaderboard.py [--read]

200 synthetic entries on five tasks, each with five folds and two seeds: 10,000 results of 20 test
recordings, 20 speakers a table. They are written into a temporary project and read by the same
code as real ones. `--read` writes 100,000 smaller ones and only reads them.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmark import registry  # noqa: E402
from benchmark.core import Metric, Task  # noqa: E402
from benchmark.leaderboard import snapshot  # noqa: E402
from benchmark.report import leaderboard_page, task_page  # noqa: E402
from benchmark.report.site import pages  # noqa: E402
from benchmark.results import entry_results  # noqa: E402
from benchmark.results.result import Cost, Item, JobResult, Measurement  # noqa: E402

TASKS = {
    "emg_to_articulation": "embedded.new_sentences",
    "emg_word_classification": "embedded.new_talkers",
    "seeg_to_mel": "embedded.each_talker",
    "lip_to_ultrasound": "embedded.new_sentences",
    "emg_to_text": "embedded.new_sentences",
}
ENTRIES, FOLDS, SEEDS, SPEAKERS, EACH = 200, 5, 2, 20, 5
ENTRY = """\
# /// script
# dependencies = []
# [tool.silentbench]
# title = "Entry {number}"
# tasks = [{tasks}]
# licence = "Apache-2.0"
# ///
class Model:
    pass
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if "--read" in sys.argv:
            measure_reading(root)
        else:
            measure_pages(root)


def measure_pages(root: Path) -> None:
    tasks = project(root)
    rng = np.random.default_rng(0)
    for entry in registry.entries(root).found.values():
        made = results(rng, tasks, entry.name, snapshot.codes(tasks, {entry.name: entry}))
        entry_results.merge(entry.results, made)
    size = sum(path.stat().st_size for path in root.glob("submissions/*.json"))
    print(f"{ENTRIES * len(TASKS) * FOLDS * SEEDS:,} results, {size / 1e6:.0f} MB")
    start = time.process_time(), time.perf_counter()
    read = snapshot.read(root)
    report("results read and tables with intervals", *start)
    leaderboard_page.page(read)
    task_page.pages(read)
    report("and all Markdown pages, tiers included", *start)
    start = time.process_time(), time.perf_counter()
    written = pages.write(read, root / "site")
    size = sum(path.stat().st_size for path in written)
    report(f"the site, {len(written)} files, {size / 1e6:.0f} MB", *start)


def measure_reading(root: Path) -> None:
    """Ten times as many results, each of four recordings by one metric."""
    tasks = project(root)
    (name, split), *_ = TASKS.items()
    metric = tasks[name].metrics[:1]
    rng = np.random.default_rng(0)
    for number in range(ENTRIES):
        path = root / "submissions" / f"e{number:03}.json"
        fold = (f"f{n}" for n in range(500))
        entry_results.merge(
            path, (result(rng, name, split, f, 0, path.stem, "c", metric, 4) for f in fold)
        )
    start = time.process_time(), time.perf_counter()
    read = snapshot.results(root)
    report(f"{len(read):,} results read", *start)


def project(root: Path) -> dict[str, Task]:
    """A project with the tasks of this one and `ENTRIES` entries."""
    for name in ("tasks", "baselines", "submissions"):
        (root / name).mkdir()
    for name in TASKS:
        shutil.copy(ROOT / "tasks" / f"{name}.py", root / "tasks")
    shutil.copytree(ROOT / "tasks" / "lexicons", root / "tasks" / "lexicons")
    names = ", ".join(f'"{name}"' for name in TASKS)
    for number in range(ENTRIES):
        path = root / "submissions" / f"e{number:03}.py"
        path.write_text(ENTRY.format(number=number, tasks=names))
    return registry.tasks(root)


def results(
    rng: np.random.Generator,
    tasks: dict[str, Task],
    entry: str,
    codes: dict[tuple[str, str], str],
) -> Iterator[JobResult]:
    for name, split in TASKS.items():
        for fold in range(FOLDS):
            for seed in range(SEEDS):
                code = codes[entry, name]
                yield result(rng, name, split, f"f{fold}", seed, entry, code, tasks[name].metrics)


def result(
    rng: np.random.Generator,
    task: str,
    split: str,
    fold: str,
    seed: int,
    entry: str,
    code: str,
    metrics: tuple[Metric, ...],
    count: int = SPEAKERS // FOLDS * EACH,
) -> JobResult:
    items = tuple(
        Item(
            recording=f"{fold}-{n}",
            speaker=f"{fold}-{n // EACH}",
            session="a",
            prediction="0" * 64,
            seconds=0.01,
            measurements={m.id: measurement(rng, m) for m in metrics},
        )
        for n in range(count)
    )
    cost = Cost(
        fit_seconds=1.0,
        predict_seconds=0.1,
        signal_seconds=10.0,
        real_time_factor=0.01,
        parameters=int(rng.integers(1000, 10**7)),
        peak_memory_mb=100.0,
    )
    made = JobResult(
        task=task,
        split=split,
        fold=fold,
        entry=entry,
        variant="default",
        seed=seed,
        data="d",
        code=code,
        metrics=tuple(m.id for m in metrics),
        status="good",
        isolation="bubblewrap",
        cost=cost,
        items=items,
    )
    return made.sealed()


def measurement(rng: np.random.Generator, metric: Metric) -> Measurement:
    if metric.id.startswith("macro_f1"):
        cells = np.zeros(100)
        cells[rng.integers(100)] = 1.0
        return Measurement(statistics=tuple(cells))
    width = {"msd": 5, "mel_r": 4}.get(metric.id.partition(".")[0], 2)
    return Measurement(statistics=(float(rng.random()), 1.0, *[1.0] * (width - 2)))


def report(what: str, cpu: float, wall: float) -> None:
    spent = time.process_time() - cpu, time.perf_counter() - wall
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {spent[1]:.1f} s wall, {spent[0]:.1f} s of one core, {most:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
