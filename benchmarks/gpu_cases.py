"""Networks as entries hand them to their training loop, and what the meta device says of them."""

from __future__ import annotations

import os
import sys
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


def endless(case: Case, random: Any) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Batches as large as training has them, however few recordings there are."""
    import _training

    count = max(1, -(-case.recipe.batch // len(case.examples)))
    examples = [case.examples[i] for i in range(len(case.examples))] * count
    while True:
        yield from _training._batches(examples[: max(case.recipe.batch, 1)], case.recipe, random)


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
    batch = next(endless(case, np.random.default_rng(0)))
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
    return said
