"""Train the published size of each network for some steps: time, memory, arithmetic, data loading.

    python benchmarks/gpu.py                  each network, on the GPU if there is one, else the CPU
    python benchmarks/gpu.py emgse emg2text   only these entries
    SILENTBENCH_FAST=1 python benchmarks/gpu.py --steps 50
    python benchmarks/gpu.py --meta           no arithmetic: shapes and devices alone

A network is trained by the loop of the baselines on its own features and batches, made from a few
recordings of the embedded corpus, each network in a process of its own. The first steps, in which
memory is set up and graphs are compiled, are not counted. `floor` is the time that the operations
of a step would take at the rate of one large matrix product on this device and in this precision,
and `of it` the floor as a share of the step. `loading` is the share of a step that passes until its
batch lies on the device.

`--meta` runs forward, loss and backward on torch's meta device, where no tensor has values: a
tensor that is made on the CPU within meets the others with an error, as it would on a GPU.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parent))

from gpu_cases import ROOT, Case, case_of, endless, on_meta

from benchmark import registry

# Steps that are not counted, without and with compiled graphs: the first is counted in operations
# and runs as it is, and a graph is compiled again for the first batches of another length.
WARM_UP = {False: 2, True: 10}
SIDE = {"cuda": 8192, "cpu": 1024}  # of the matrices of the floor
COLUMNS = (
    "entry",
    "parameters",
    "batch",
    "step",
    "memory",
    "arithmetic",
    "floor",
    "of it",
    "loading",
)


def measured(case: Case, steps: int) -> dict[str, float]:
    """Train for so many steps: seconds, bytes and operations of one, and parameters."""
    import _training

    device = _training.device()
    network = case.network.to(device)
    run = _training._Run(network, case.recipe, 1, 0)
    network.train()
    batches = endless(case, run.random)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    loading = whole = 0.0
    rows, before = 0, WARM_UP[_training.fast()]
    for number in range(-before, steps):
        start = time.perf_counter()
        batch = tuple(part.to(device) for part in next(batches))
        _wait(device)
        loaded = time.perf_counter()
        _same_rate(run)
        run.step(batch, case.loss)
        _wait(device)
        if number >= 0:
            loading += loaded - start
            whole += time.perf_counter() - start
            rows = max(rows, len(batch[0]))
    flops = run.flops / (steps + before)
    return {
        "parameters": float(_training.size(network)),
        "batch": float(rows),
        "seconds": whole / steps,
        "loading": loading / whole,
        "memory": float(_memory(device)),
        "flops": flops,
        "floor": flops / matrix_rate(device),
    }


def _same_rate(run: Any) -> None:
    """No schedule: one that counts all its steps would end before ours do."""
    run.by_batch = []


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def _memory(device: torch.device) -> int:
    """Most bytes at once: of tensors on a GPU, of the whole process on the CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated()
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def matrix_rate(device: torch.device, repeats: int = 5) -> float:
    """Operations a second of a large matrix product, in the precision that training uses."""
    import _training

    side = SIDE[device.type]
    kind = torch.bfloat16 if _training.fast() else torch.float32
    a = torch.randn(side, side, device=device, dtype=kind)
    times = []
    for _ in range(repeats):
        _wait(device)
        start = time.perf_counter()
        a @ a
        _wait(device)
        times.append(time.perf_counter() - start)
    return 2 * side**3 / min(times)


def row(name: str, found: dict[str, float]) -> str:
    """A line of the table in Markdown."""
    seconds, floor = found["seconds"], found["floor"]
    cells = (
        name,
        f"{found['parameters']:,.0f}",
        f"{found['batch']:.0f}",
        f"{1000 * seconds:.1f} ms",
        f"{found['memory'] / 2**20:,.0f} MiB",
        f"{found['flops'] / seconds / 1e12:.3f} TFLOP/s",
        f"{1000 * floor:.1f} ms",
        f"{floor / seconds:.0%}",
        f"{found['loading']:.0%}",
    )
    return f"| {' | '.join(cells)} |"


def names() -> list[str]:
    """Entries that have a network of published size."""
    found = registry.entries(ROOT).found.values()
    return [e.name for e in found if "paper" in e.variants and "torch" in e.dependencies]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("entries", nargs="*")
    parser.add_argument("--steps", type=int, default=0, help="of each network; 50 on a GPU, 3 else")
    parser.add_argument("--variant", default="paper")
    parser.add_argument("--meta", action="store_true", help="shapes and devices, no arithmetic")
    parser.add_argument("--row", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    steps = options.steps or (50 if torch.cuda.is_available() else 3)
    if options.row:
        [name] = options.entries
        case = case_of(name, options.variant)
        print(json.dumps(on_meta(case) if options.meta else measured(case, steps)))
        return
    print(_about(options.meta, steps))
    failed = []
    for name in options.entries or names():
        words = [name, "--row", "--steps", str(steps), "--variant", options.variant]
        words += ["--meta"] if options.meta else []
        command = [sys.executable, __file__, *words]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        if done.returncode:
            failed.append(name)
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            print(f"| {name} | FAILED: {said[:300]} |", flush=True)
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        print(f"| {name} | {found} |" if options.meta else row(name, found), flush=True)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def _about(meta: bool, steps: int) -> str:
    """The head of the table, and where it was measured."""
    if meta:
        return (
            "meta device: shapes and devices, nothing is computed\n\n| entry | output |\n|---|---|"
        )
    import _training

    device = _training.device()
    where = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    how = "bfloat16, compiled" if _training.fast() else "float32"
    threads = "" if device.type == "cuda" else f", {torch.get_num_threads()} threads"
    counted = f"{steps} steps after {WARM_UP[_training.fast()]}"
    head = f"{where}{threads}, {how}, {counted}, torch {torch.__version__}\n\n"
    return f"{head}| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


if __name__ == "__main__":
    main()
