"""The predictions of an oracle: from the answers, by trusted code of the project.

Nothing here runs in a sandbox, and no entry can come here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmark.core import Array, Corpus, Recording, Task, UserError
from benchmark.execution.oracles import enhancement
from benchmark.registry.from_answers import oracles
from benchmark.spectra import mel, vocoder


def resynthesis(target: Array) -> Array:
    """ln mel (frames, 80) of the sound that the vocoder makes of ln mel (frames, 80)."""
    sound = vocoder.sound(target)
    # The last frame is centred on the last sample but a hop.
    return mel.of_sound(np.pad(sound, (0, mel.PARAMETERS.window)), len(target))


# Of the answer alone, and of the answer and an input at the same rate.
ALONE: Mapping[str, Callable[[Array], Array]] = {
    oracles.TARGET: np.array,
    oracles.RESYNTHESIS: resynthesis,
}
FILTERS: Mapping[str, Callable[[Array, Array, float], Array]] = {
    "oracle_magnitude": enhancement.magnitude,
    "oracle_gain": enhancement.gain,
}


def predicted(
    name: str, test: Sequence[Recording], task: Task, corpus: Corpus, folder: Path
) -> dict[str, Array]:
    """By id, what the oracle makes of the recordings `test`, as the task asks for it.

    `folder` is where the corpus lies. UserError where the task has no input that is like its
    target, or the corpus no signal without noise.
    """
    target = corpus.signals[task.target]
    if name == oracles.NOISELESS:
        if task.target not in corpus.noiseless:
            raise UserError(f"{corpus.name} has no {task.target} without noise for {name}")
        exact = corpus.noiseless[task.target]
        return {r.id: exact(folder, r.id).astype(target.dtype) for r in test}
    if name in ALONE:
        return {r.id: np.asarray(ALONE[name](r[task.target]), target.dtype) for r in test}
    noisy = next((n for n in task.inputs if corpus.signals[n].rate == target.rate), None)
    if noisy is None or target.rate is None:
        raise UserError(f"{name}: no input of {task.title!r} has the rate of its target")
    made, rate = FILTERS[name], target.rate
    return {r.id: np.asarray(made(r[noisy], r[task.target], rate), target.dtype) for r in test}
