"""Every metric as a function of a prediction and a target: `metrics.rmse(prediction, target)`.

A metric is called by its id without what follows the name, such as `rmse` for
`rmse.per_recording@1`; where several have that name, by more of it: `mel_mse_mean`. `dir(metrics)`
lists them, `help(metrics.rmse)` has definition, unit and source.

>>> import numpy as np
>>> from silentbench import metrics
>>> metrics.rmse(np.zeros((4, 1)), np.ones((4, 1)))
1.0
>>> metrics.wer("a hole sentence", "a whole sentence")
0.3333333333333333
>>> metrics.accuracy([0, 1, 1], [0, 1, 2], labels=("yes", "no", "stop"))
0.6666666666666666
>>> "rate" in metrics.stoi.__call__.__doc__
True
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.core import Array, Metric, Signal
from benchmark.metrics.text import encoded
from benchmark.report import metrics_page


@dataclass(frozen=True)
class MetricFunction:
    """A metric that can be called."""

    metric: Metric

    def __call__(
        self,
        prediction: Any,
        target: Any,
        *auxiliary: Array,
        signal: Signal | None = None,
        **about: Any,
    ) -> float:
        """The score of one recording, or of several if both are lists, as the board computes it.

        Arrays have time first; a text is a string; a label is a number. What a metric has to know
        of the target is said by fields of `Signal`: `rate` (Hz) for sound, `labels` for classes,
        `span`, `fan` and `sector` for pictures; or by a whole `signal`, such as
        `fold.asked.signals["articulation"]`. `auxiliary` are the further signals that the metric
        names. ValueError for shapes, values or fields that it cannot use; `Undefined` where the
        score has no value, such as for silence.
        """
        several = isinstance(target, list | tuple)
        targets = [_array(one) for one in (target if several else [target])]
        predictions = [_array(one) for one in (prediction if several else [prediction])]
        if len(predictions) != len(targets):
            raise ValueError(f"expected {len(targets)} predictions, got {len(predictions)}")
        more: Sequence[Any] = auxiliary if several else [[each] for each in auxiliary]
        known = signal or _signal(targets[0], about)
        statistics = [
            self.metric.measure(*pair, known, *(each[number] for each in more))
            for number, pair in enumerate(zip(predictions, targets, strict=True))
        ]
        return float(self.metric.reduce(np.sum(statistics, axis=0)))

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        metric, unit = self.metric, self.metric.unit_name
        said = f"{metric.id}: {metric.definition}.\n\n{metric.better} is better"
        more = f"; further signals: {', '.join(metric.auxiliary)}" if metric.auxiliary else ""
        return f"{said}{f', in {unit}' if unit else ''}{more}. Source: {metric.source}."


def _array(value: Any) -> Array:
    return encoded(value) if isinstance(value, str) else np.asarray(value)


def _signal(target: Array, about: Mapping[str, Any]) -> Signal:
    """What is said of a target; of one that nothing is said of, its type and shape."""
    fields = {"unit": "", "dtype": str(target.dtype), "frame": target.shape[1:], **about}
    return Signal(**fields)


@functools.cache
def _functions() -> Mapping[str, MetricFunction]:
    found = metrics_page.all_metrics()
    names = [metric.id.partition("@")[0] for metric in found]
    counts = Counter(name.partition(".")[0] for name in names)
    return {
        (name.replace(".", "_") if counts[name.partition(".")[0]] > 1 else name.partition(".")[0]):
        MetricFunction(metric)
        for name, metric in zip(names, found, strict=True)
    }  # fmt: skip


def __getattr__(name: str) -> MetricFunction:
    if name.startswith("__") or name not in _functions():
        raise AttributeError(f"no metric is called {name!r}; there are {', '.join(__dir__())}")
    return _functions()[name]


def __dir__() -> list[str]:
    return sorted(_functions())
