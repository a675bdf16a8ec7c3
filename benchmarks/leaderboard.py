"""Time and memory of the leaderboard for many results: reading, tables, pages, site.

    OMP_NUM_THREADS=1 taskset -c 0 python benchmarks/leaderboard.py [--read]

200 synthetic entries on five tasks, each with five folds and two seeds: 10,000 results of 20 test
recordings, 20 speakers a table. What a recording got is taken from a result of this project, any
recording of any baseline. The results are written into a temporary project and pass the gate like
real ones. `--read` reads 200 files of 5,000 lines, and reduces the sums in each line to its scores.
"""

from __future__ import annotations

import hashlib
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmark import registry  # noqa: E402
from benchmark.core import Array, Fold, Task  # noqa: E402
from benchmark.data import corpus_index, splits  # noqa: E402
from benchmark.data.corpus_index import CorpusIndex  # noqa: E402
from benchmark.leaderboard import gate, snapshot  # noqa: E402
from benchmark.leaderboard.gate import Project  # noqa: E402
from benchmark.report import leaderboard_page, task_page  # noqa: E402
from benchmark.report.site import pages  # noqa: E402
from benchmark.results import entry_results  # noqa: E402
from benchmark.results.line import SEAL_LENGTH, dump  # noqa: E402
from benchmark.results.published import SCORED, Measured, PublishedResult, Recordings  # noqa: E402
from benchmark.results.result import Cost, JobResult  # noqa: E402

TASKS = {
    "emg_to_articulation": "embedded.new_sentences",
    "emg_word_classification": "embedded.new_talkers",
    "seeg_to_mel": "embedded.each_talker",
    "lip_to_ultrasound": "embedded.new_sentences",
    "emg_to_text": "embedded.new_sentences",
}
ENTRIES, FOLDS, SEEDS, SPEAKERS, EACH = 200, 5, 2, 20, 5
LINES = 5_000
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
Measurements = Mapping[tuple[str, str], Array]  # what recordings got, by task and metric id


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        made = project(root)
        if "--read" in sys.argv:
            measure_reading(made)
        else:
            measure_pages(made)


def measure_pages(project: Project) -> None:
    rng = np.random.default_rng(0)
    known = measurements()
    for entry in project.entries.values():
        made = results(rng, project, entry.name, known)
        entry_results.merge(entry.results, made, project.tasks)
    files = [p for end in ("json", "npz") for p in project.root.glob(f"submissions/*.{end}")]
    size = sum(path.stat().st_size for path in files)
    print(f"{ENTRIES * len(TASKS) * FOLDS * SEEDS:,} results, {size / 1e6:.0f} MB")
    start = time.process_time(), time.perf_counter()
    read = snapshot.read(project.root)
    if read.refused:
        raise SystemExit(f"{len(read.refused)} results are refused: {read.refused[0]}")
    report("results read and tables with intervals", *start)
    leaderboard_page.page(read)
    task_page.pages(read)
    report("and all Markdown pages, tiers included", *start)
    start = time.process_time(), time.perf_counter()
    written = pages.write(read, project.root / "site")
    size = sum(path.stat().st_size for path in written)
    report(f"the site, {len(written)} files, {size / 1e6:.0f} MB", *start)


def measure_reading(project: Project) -> None:
    """One file of many lines, read as often as there are entries."""
    path = project.entries["e000"].results
    made = next(results(np.random.default_rng(0), project, "e000", measurements()))
    task = project.tasks[made.head.task]
    line = dump(made, task)
    path.write_text("[\n" + ",\n".join(with_seed(line, n) for n in range(LINES)) + "\n]\n", "utf-8")
    print(f"{ENTRIES} x {LINES:,} lines, {ENTRIES * path.stat().st_size / 1e9:.1f} GB")
    start = time.process_time(), time.perf_counter()
    count = sum(reduced(path, task) for _ in range(ENTRIES))
    report(f"{count:,} results reduced from their sums", *start)


def reduced(path: Path, task: Task) -> int:
    """How many results of a file have a score by every metric that their sums give."""
    totals: dict[str, list[list[float]]] = {metric.id: [] for metric in task.metrics}
    for line in entry_results.read_lines(path):
        for metric, of in totals.items():
            units = line.sums[metric].values()
            of.append([sum(numbers) for numbers in zip(*units, strict=True)])
    scores = [metric.reduce(np.array(totals[metric.id])) for metric in task.metrics]
    return int(np.isfinite(scores).all(axis=0).sum())


def with_seed(line: str, seed: int) -> str:
    """The same line of another seed, sealed."""
    body = line[:-SEAL_LENGTH].replace('"seed":0', f'"seed":{seed}', 1)
    return f'{body},"seal":"{hashlib.sha256(body.encode()).hexdigest()}"}}'


def project(root: Path) -> Project:
    """A project with the tasks of this one, recordings of its own and `ENTRIES` entries."""
    for name in ("baselines", "submissions", "tasks"):
        (root / name).mkdir()
    for name in TASKS:
        shutil.copy(ROOT / "tasks" / f"{name}.py", root / "tasks")
    shutil.copytree(ROOT / "tasks" / "lexicons", root / "tasks" / "lexicons")
    corpus = registry.corpora()["embedded"]
    by_fold = {
        f"f{fold}": [(f"f{fold}-{n:02}", f"f{fold}-{n // EACH}") for n in range(test_recordings())]
        for fold in range(FOLDS)
    }
    rows = [(name, who, "a", n) for of in by_fold.values() for n, (name, who) in enumerate(of)]
    corpus_index.write(
        root,
        CorpusIndex(
            corpus=corpus.name, version=corpus.version, content=corpus.digest(), recordings=rows
        ),
    )
    ids = {fold: tuple(name for name, _ in of) for fold, of in by_fold.items()}
    folds = {
        fold: Fold(tuple(i for f, of in ids.items() if f != fold for i in of), (), test)
        for fold, test in ids.items()
    }
    for split in set(TASKS.values()):
        splits.write(root / "tasks" / "splits" / f"{split}.json", "Synthetic", ["speaker"], folds)
    names = ", ".join(f'"{name}"' for name in TASKS)
    for number in range(ENTRIES):
        path = root / "submissions" / f"e{number:03}.py"
        path.write_text(ENTRY.format(number=number, tasks=names), "utf-8")
    return gate.read_project(root)


def test_recordings() -> int:
    """Of one fold."""
    return SPEAKERS // FOLDS * EACH


def measurements() -> dict[tuple[str, str], Array]:
    """The statistics of all recordings that are scored in the results of this project."""
    found: dict[tuple[str, str], list[Array]] = {}
    for name in ("mean", "ridge", "emg2text", "emg_words", "blind"):
        for result in entry_results.read(ROOT / "baselines" / f"{name}.json").results:
            if TASKS.get(result.head.task) == result.head.split:
                for metric, measured in result.recordings.measured.items():
                    scored = measured.statistics[measured.status == SCORED]
                    found.setdefault((result.head.task, metric), []).append(scored)
    return {key: np.concatenate(of) for key, of in found.items()}


def results(
    rng: np.random.Generator, project: Project, entry: str, known: Measurements
) -> Iterator[PublishedResult]:
    for task, split in TASKS.items():
        expected = project.expected[task, split]
        metrics = tuple(metric.id for metric in project.task(task, split).metrics)
        for fold, test in expected.test.items():
            for seed in range(SEEDS):
                assert test is not None
                of = Recordings(
                    names=tuple(r.id for r in test),
                    speakers=tuple(r.speaker for r in test),
                    sessions=tuple(r.session for r in test),
                    predictions=rng.integers(256, size=(len(test), 32), dtype=np.uint8),
                    measured={m: measured(rng, known[task, m], len(test)) for m in metrics},
                )
                head = JobResult(
                    task=task,
                    split=split,
                    fold=fold,
                    entry=entry,
                    variant="default",
                    seed=seed,
                    data=expected.data,
                    code=project.code(entry, "default", task, split),
                    metrics=metrics,
                    status="good",
                    isolation="bubblewrap",
                    cost=Cost(
                        fit_seconds=1.0,
                        predict_seconds=0.1,
                        signal_seconds=10.0,
                        real_time_factor=0.01,
                        parameters=int(rng.integers(1000, 10**7)),
                        peak_memory_mb=100.0,
                    ),
                    outcomes={m: {"scored": len(test)} for m in metrics},
                )
                yield PublishedResult(head, of, of.digest())


def measured(rng: np.random.Generator, known: Array, count: int) -> Measured:
    """What `count` recordings got, each as one that is known."""
    return Measured(known[rng.integers(len(known), size=count)], np.zeros(count, np.uint8))


def report(what: str, cpu: float, wall: float) -> None:
    spent = time.process_time() - cpu, time.perf_counter() - wall
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {spent[1]:.1f} s wall, {spent[0]:.1f} s of one core, {most:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
