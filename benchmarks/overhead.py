"""What a job that does nothing costs, by isolation back end, and what passing arrays costs.

    python benchmarks/overhead.py [ROUNDS]

A job has an evaluator and a worker, so what it costs is told beyond two bare interpreters, `python
-c pass`, timed in the same run; `import numpy` shows what any model needs. Each round times
everything once, so that other work on the machine falls on all alike; a figure is the median of the
rounds, with the least one in brackets.
Arrays: 96 x 96 video, 4 s at 50 Hz, in and out. A model times its own `predict`; what the
evaluator measures beyond that is the cost of passing them.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import toy  # noqa: E402
from benchmark.core import Recording, Signal  # noqa: E402
from benchmark.evaluation import fork_server  # noqa: E402
from benchmark.execution import executors, plan, runner  # noqa: E402
from benchmark.sandbox import backends  # noqa: E402

ROUNDS = 15
FRAMES = 200
VIDEO = Signal("1", "uint8", rate=50.0, frame=(96, 96), span=255.0)
SPEAKERS = 40  # a test recording each
TIMED = """
start = time.perf_counter()
x = inputs["x"]
{body}
self.settings.setdefault("times", []).append(time.perf_counter() - start)
if len(self.settings["times"]) == {count}:
    print("INSIDE", *self.settings["times"])
return out
"""
MODELS = {
    "linear, from 12 x 12 to 96 x 96": """
small = np.column_stack([x[:, ::8, ::8].reshape(len(x), -1) / 255, np.ones(len(x))])
out = (small @ np.full((145, 9216), 0.01)).clip(0, 255).astype(np.uint8).reshape(shape)
""",
    "the negative of its input": "out = 255 - x",
}
PYTHON, NUMPY = "python -c pass", "python -c 'import numpy'"


def main(rounds: int = ROUNDS) -> None:
    jobs(rounds)
    for name, body in MODELS.items():
        inside, whole = pass_seconds(body)
        part = (whole - inside) / inside
        print(f"passing arrays, {name}:")
        print(f"  predict {inside * 1e3:.2f} ms, measured {whole * 1e3:.2f} ms: {part:.1%} beyond")


def jobs(rounds: int) -> None:
    """Time interpreters and empty jobs in turn, and print what the jobs cost beyond."""
    kinds = [kind for kind in reversed(backends.BACKENDS) if backends.is_available(kind)]
    with tempfile.TemporaryDirectory() as folder:
        place = toy.project(Path(folder) / "project", nothing=toy.entry())
        chosen = plan.plan(place, plan.RunSelection(), {"toy": toy.corpus()})
        chosen = replace(chosen, jobs=chosen.jobs[:1])

        def job(kind: backends.Backend, everything: bool = True) -> Callable[[], object]:
            conditions = replace(toy.CONFIG, isolation=kind)
            executor = executors.serial_executor()
            return lambda: runner.run(place, chosen, executor, conditions, everything=everything)

        timed: dict[str, Callable[[], object]] = {
            PYTHON: lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
            NUMPY: lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True),
            **{f"an empty job, {kind}": job(kind) for kind in kinds},
            "a job that is done already": job(kinds[0], everything=False),
        }
        print(f"the first job of a run     {seconds(job(kinds[0])) * 1000:6.0f} ms, {kinds[0]}")
        spent: dict[str, list[float]] = {name: [] for name in timed}
        for _ in range(rounds):
            for name, do in timed.items():
                spent[name].append(seconds(do))
    times = {name: 1000 * np.array(values) for name, values in spent.items()}
    for name, values in times.items():
        print(f"{name:26} {np.median(values):6.1f} ms ({values.min():.1f})")
        if name.startswith("an empty job"):
            beyond = values - 2 * times[PYTHON]
            print(f"  beyond two interpreters  {np.median(beyond):6.1f} ms ({beyond.min():.1f})")
    for kind in kinds[1:]:
        sandbox = times[f"an empty job, {kind}"] - times[f"an empty job, {kinds[0]}"]
        print(f"  isolation, {kind:13} {np.median(sandbox):6.1f} ms")


def pass_seconds(body: str) -> tuple[float, float]:
    """Median seconds of a prediction as measured by the model, and by the evaluator."""

    def recording(speaker: int, number: int) -> Recording:
        def read(_signal: str) -> np.ndarray:
            rng = np.random.default_rng([speaker, number])
            return rng.integers(0, 256, (FRAMES, 96, 96)).astype(np.uint8)

        return replace(toy.recording(speaker, number), read=read)

    def recordings(_folder: Path) -> list[Recording]:
        return [recording(s, n) for s in range(toy.SPEAKERS) for n in range(toy.EACH)]

    toy.SPEAKERS = SPEAKERS
    corpus = toy.corpus(signals={"x": VIDEO, "y": VIDEO}, recordings=recordings)
    with tempfile.TemporaryDirectory() as folder:
        entry = toy.entry(predict=TIMED.format(body=body.strip(), count=SPEAKERS))
        place = toy.project(Path(folder) / "project", model=entry)
        task = toy.TASK.format(module="psnr", target="y", metrics="psnr.PSNR")
        task = task.replace("benchmark.metrics import", "benchmark.metrics.image import")
        (place.root / "tasks" / "toy.py").write_text(task, "utf-8")
        chosen = plan.plan(place, plan.RunSelection(), {"toy": corpus})
        runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
        inside, whole = [], []
        for job in chosen.jobs:
            result = runner.read_result(place.runs, job)
            assert result is not None
            assert result.status == "good", result.reason
            whole += [item.seconds for item in result.items]
            log = (place.runs / "logs" / job.key).with_suffix(".log").read_text("utf-8")
            inside += [
                float(found) for line in re.findall("INSIDE (.*)", log) for found in line.split()
            ]
        return float(np.median(inside)), float(np.median(whole))


def seconds(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


if __name__ == "__main__":
    with fork_server.kept():  # as in a run of many jobs; here each is a run
        main(*map(int, sys.argv[1:]))
