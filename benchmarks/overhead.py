"""What a job that does nothing costs, by isolation back end, and what the pipe costs.

    python benchmarks/overhead.py

A bare `python -c pass` is timed in the same run: a job starts two interpreters, that of the
evaluator and that of the worker.
The pipe: 96 x 96 video, 4 s at 50 Hz, in and out; a model times its own `predict`, and what the
evaluator measures beyond that is the cost of the pipe.
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
from benchmark.execution import executors, plan, runner  # noqa: E402
from benchmark.sandbox import backends  # noqa: E402

JOBS = 20
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


def main() -> None:
    bare = seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    numpy = seconds(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True))
    print(f"python -c pass             {bare * 1000:6.0f} ms")
    print(f"python -c 'import numpy'   {numpy * 1000:6.0f} ms")
    for kind in reversed(backends.BACKENDS):
        if backends.is_available(kind):
            first, again = job_seconds(kind)
            print(f"an empty job               {first * 1000:6.0f} ms, {kind}")
            print(f"  beyond two interpreters  {(first - 2 * bare) * 1000:6.0f} ms")
    print(f"a job that is done already {again * 1000:6.2f} ms")
    for name, body in MODELS.items():
        inside, whole = pipe_seconds(body)
        part = (whole - inside) / inside
        print(f"pipe: {name}: predict {inside * 1e3:.2f} ms, with the pipe {whole * 1e3:.2f} ms")
        print(f"  {part:.1%} of predict")


def job_seconds(kind: backends.Backend) -> tuple[float, float]:
    """Seconds per job, and per job that has a result already."""
    conditions = replace(toy.CONFIG, isolation=kind)
    with tempfile.TemporaryDirectory() as folder:
        place = toy.project(Path(folder) / "project", nothing=toy.entry())
        chosen = plan.plan(place, plan.RunSelection(seeds=JOBS // 2), {"toy": toy.corpus()})

        def run() -> None:
            runner.run(place, chosen, executors.serial_executor(), conditions)

        return seconds(run) / JOBS, seconds(run) / JOBS


def pipe_seconds(body: str) -> tuple[float, float]:
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
        (place.root / "tasks" / "toy.py").write_text(task)
        chosen = plan.plan(place, plan.RunSelection(), {"toy": corpus})
        runner.run(place, chosen, executors.serial_executor(), toy.CONFIG)
        inside, whole = [], []
        for job in chosen.jobs:
            result = runner.read_result(place.runs, job)
            assert result is not None
            assert result.status == "good", result.reason
            whole += [item.seconds for item in result.items]
            log = (place.runs / "logs" / job.key).with_suffix(".log").read_text()
            inside += [
                float(found) for line in re.findall("INSIDE (.*)", log) for found in line.split()
            ]
        return float(np.median(inside)), float(np.median(whole))


def seconds(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
