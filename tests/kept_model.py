"""The description of a kept model of any inputs, without a model."""

from dataclasses import asdict

from benchmark.core import Signal
from benchmark.evaluation.kept.description import Description

EMG = Signal("µV", "float32", 1000.0, (2,), channels=("chin", "cheek"))
SIGNALS = {
    "emg": EMG,
    "noisy": Signal("full scale", "float32", 16000.0),
    "lips": Signal("grey level", "uint8", 60.0, (4, 5)),
    "seeg": Signal("µV", "float32", 1024.0, (None,)),
    "mel": Signal("ln", "float32", 86.1328125, (80,)),
    "clean": Signal("full scale", "float32", 16000.0),
    "word": Signal("class", "int64", labels=("no", "yes")),
    "text": Signal("code point", "uint32", free=True),
}
FRAMES = {"emg": [2], "noisy": [], "lips": [4, 5], "seeg": None, "mel": [80], "clean": []}


def kept(*named, target="mel", **frames):
    """The description of a model with these inputs."""
    nothing = dict.fromkeys(("entry", "kind", "variant", "task", "task_version", "split"), "")
    return Description(
        **nothing,
        **dict.fromkeys(("fold", "data", "code", "finished"), ""),
        **{name: {} for name in ("settings", "recordings", "environment", "files")},
        layout=1,
        seed=0,
        setup="",
        epoch=None,
        parameters=None,
        history=[],
        inputs=list(named),
        target=target,
        signals={n: asdict(SIGNALS[n]) for n in (*named, target)},
        frames={**FRAMES, "word": [], "text": [], **frames},
    )
