"""SilentBench in Python: tasks, recordings, metrics, evaluation and results.

    import silentbench

    silentbench.list_tasks()
    fold = silentbench.load_fold("emg_to_articulation")
    silentbench.evaluate(MyModel, "emg_to_articulation").scores
    silentbench.metrics.rmse(prediction, target)
    silentbench.load_results()
    silentbench.compare("ridge", "mean", "emg_to_articulation")

Names are imported when they are first used, so `import silentbench` loads no library. Wrong names,
data that are not here and predictions that are not valid raise `UserError`. Files are those of the
project: of a checkout, or of the package and the current folder (see docs/api.md).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from benchmark import __version__

if TYPE_CHECKING:
    from benchmark.core import Asked, Metric, Model, Recording, Signal, Task, UserError
    from silentbench import metrics
    from silentbench.data import LoadedFold, get_task, list_tasks, load_corpus, load_fold
    from silentbench.evaluation import Evaluation, evaluate
    from silentbench.results import compare, load_results

_PLACES = {
    **dict.fromkeys(
        ("Asked", "Metric", "Model", "Recording", "Signal", "Task", "UserError"), "benchmark.core"
    ),
    **dict.fromkeys(
        ("LoadedFold", "get_task", "list_tasks", "load_corpus", "load_fold"), "silentbench.data"
    ),
    **dict.fromkeys(("Evaluation", "evaluate"), "silentbench.evaluation"),
    **dict.fromkeys(("compare", "load_results"), "silentbench.results"),
}

__all__ = [
    "Asked",
    "Evaluation",
    "LoadedFold",
    "Metric",
    "Model",
    "Recording",
    "Signal",
    "Task",
    "UserError",
    "__version__",
    "compare",
    "evaluate",
    "get_task",
    "list_tasks",
    "load_corpus",
    "load_fold",
    "load_results",
    "metrics",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for; Python calls this for names that are not here yet."""
    if name == "metrics":
        return importlib.import_module("silentbench.metrics")
    if name not in _PLACES:
        raise AttributeError(f"module 'silentbench' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_PLACES[name]), name)
    return found


def __dir__() -> list[str]:
    return __all__
