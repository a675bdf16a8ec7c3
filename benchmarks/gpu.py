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
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "baselines")]

from benchmark import registry  # noqa: E402
from benchmark.core import Paths, UserError  # noqa: E402
from benchmark.data import folds  # noqa: E402
from benchmark.evaluation import small_split  # noqa: E402
from benchmark.worker import fold_reader  # noqa: E402
from benchmark.worker.model import make_model  # noqa: E402

WARM_UP = 2  # steps that are not counted
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


@dataclass(frozen=True)
class Case:
    """A network and what it is trained on, as an entry hands them to its training loop."""

    network: nn.Module
    examples: Sequence[Any]
    loss: Callable[[Any, Tensor, Tensor], Tensor]
    recipe: Any


class Captured(Exception):
    """Ends `fit` where training would begin; holds the case."""


def case_of(name: str, variant: str = "paper", task: str = "") -> Case:
    """What `fit` of an entry would train, on a few recordings of its first task that is here."""
    entry = registry.entries(ROOT).pick(name)
    settings = registry.pick("variant", variant, entry.variants)
    with TemporaryDirectory() as runs:
        paths = Paths(ROOT, Path(os.environ.get("SILENTBENCH_DATA", ROOT / "data")), Path(runs))
        asked, roles = _recordings(paths, task or entry.tasks[0])
        model = make_model(entry.path, asked, 0, settings)
        with _capturing():
            try:
                model.fit(roles["train"], roles["valid"])
            except Captured as captured:
                case: Case = captured.args[0]
                return case
    raise UserError(f"{name}: expected a network that is trained by baselines/_training.py")


def _recordings(paths: Paths, name: str) -> tuple[Any, dict[str, list[Any]]]:
    task = registry.task(ROOT, name)
    split, corpus, _ = small_split.find(paths, task)
    folds.prepare(paths.runs, paths.data, name, task, split, corpus, lambda _: None)
    data = folds.data_digest(name, task, split, corpus)
    return fold_reader.read_part(folds.fold_folder(paths.runs, data, "all") / "visible")


@contextmanager
def _capturing() -> Iterator[None]:
    """Every module of baselines that has the training loop calls this in its place."""
    import _training

    true = _training.train

    def capture(network: Any, examples: Any, _valid: Any, loss: Any, recipe: Any, *_: Any) -> None:
        raise Captured(Case(network, examples, loss, recipe))

    holders = [m for m in list(sys.modules.values()) if getattr(m, "train", None) is true]
    for module in holders:
        module.train = capture  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in holders:
            module.train = true  # type: ignore[attr-defined]


def measured(case: Case, steps: int) -> dict[str, float]:
    """Train for so many steps: seconds, bytes and operations of one, and parameters."""
    import _training

    device = _training.device()
    network = case.network.to(device)
    run = _training._Run(network, case.recipe, 1, 0)
    network.train()
    batches = _endless(case, run.random)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    loading = whole = 0.0
    rows = 0
    for number in range(-WARM_UP, steps):
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
    flops = run.flops / (steps + WARM_UP)
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


def _endless(case: Case, random: Any) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Batches as large as training has them, however few recordings there are."""
    import _training

    count = max(1, -(-case.recipe.batch // len(case.examples)))
    examples = [case.examples[i] for i in range(len(case.examples))] * count
    while True:
        yield from _training._batches(examples[: max(case.recipe.batch, 1)], case.recipe, random)


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


class _FullLengths(TorchFunctionMode):
    """Lengths that a network sums from a mask are those of a batch without padding."""

    def __torch_function__(self, call: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if call is Tensor.cpu and args[0].is_meta and not hasattr(args[0], "full"):
            return torch.arange(len(args[0]))  # how a packed batch was sorted: not at all
        if call in (Tensor.cpu, Tensor.tolist) and hasattr(args[0], "full"):
            full = torch.full(args[0].shape, args[0].full, dtype=args[0].dtype, device="cpu")
            return full.tolist() if call is Tensor.tolist else full
        out = call(*args, **(kwargs or {}))
        if call is Tensor.sum and args[0].is_meta and args[0].ndim == 2:
            out.full = args[0].shape[1]
        elif call is Tensor.long and hasattr(args[0], "full"):
            out.full = args[0].full
        return out


def on_meta(case: Case) -> str:
    """Shape of the output on the meta device, and what could not be checked there.

    Raises where a device or a shape does not fit.
    """
    import numpy as np
    import torch.fx.experimental._config as config

    config.meta_nonzero_assume_all_nonzero = True  # all frames of a batch without padding
    batch = next(_endless(case, np.random.default_rng(0)))
    network = case.network.to("meta").train()
    x, y, mask = (part.to("meta") for part in batch)
    with _FullLengths():
        output = network(x, mask)
        tensors = [output] if isinstance(output, Tensor) else [t for t in output if t is not None]
        said = " x ".join(map(str, tensors[0].shape))
        try:
            case.loss(output, y, mask).backward()
        except NotImplementedError as error:  # such as CTC
            said += f" (loss not checked: {str(error).partition(':')[0]})"
            tensors[0].sum().backward()
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    if wrong := [t.device for t in (*tensors, *gradients) if not t.is_meta]:
        raise RuntimeError(f"expected the meta device, found {wrong[0]}")
    if not gradients:
        raise RuntimeError("expected gradients of the parameters, found none")
    return said


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
        done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True)
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
    head = f"{where}{threads}, {how}, {steps} steps after {WARM_UP}, torch {torch.__version__}\n\n"
    return f"{head}| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


if __name__ == "__main__":
    main()
