"""The nouns of SilentBench. Read this file first: everything else moves these things around.

Nothing here imports anything of ours, touches a disk or knows a task by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import quote

from numpy.typing import NDArray

Array = NDArray[Any]
# Where and how exactly an entry computes: on the CPU and exactly, if nothing is said.
Setup = Literal["", "fast", "cuda", "cuda fast"]
CHANCE = "chance"  # the row of the chance level, see execution/chance.py; no entry has this name
ORACLE = "oracle_"  # what the name of an oracle begins with, and of no entry
LONGEST_VARIANT = 120  # characters of a file's name; digests tell the rest apart
NUISANCE = "nuisance"  # the entry that sees how a recording was made, not what is in it
TRIVIAL = ("mean", "blind", NUISANCE)  # entries that ignore the input, or all but nuisance cues
# The same where the answer is a signal in time of which there is a mean: the mean training answer,
# that of the speaker, and that of like length, each stretched to the length asked.
COURSES = ("template", "template_speaker", "length")


class UserError(Exception):
    """A mistake that the user can fix: shown as one sentence, without a traceback."""


class Inapplicable(UserError):
    """A rule of a split that has no folds of these recordings, such as one of silent speech."""


class MachineFault(Exception):
    """This machine could not run a job to its end, which says nothing of the entry.

    A library that is missing, a disk that is full, a sandbox that cannot be made: no result is
    left, and the job can be run again. The message is one sentence for the user.
    """


class Undefined(Exception):
    """A metric has no value for this prediction; the message is the reason, in a few words."""


class UndefinedTarget(Undefined):
    """A metric has no value for this target, whatever is predicted: the recording is left out."""

    def __str__(self) -> str:
        return f"target: {super().__str__()}"  # as published results name such reasons


class Isolation(StrEnum):
    """What kept a model from everything but its inputs, as results name it."""

    BUBBLEWRAP = "bubblewrap"
    UNSHARE = "unshare"
    PROCESS = "process"  # limits only, no sandbox
    PREDICTIONS_ONLY = "predictions only"  # not run here: predictions were submitted
    FROM_TARGETS = "from the answers"  # no model: the chance level and oracles
    NONE = "none"  # run in the launching process, to debug


@dataclass(frozen=True)
class Paths:
    """Where things lie: the project, the user's corpora, and the working folder."""

    root: Path
    data: Path
    runs: Path


@dataclass(frozen=True)
class Signal:
    """What one signal of a corpus is. A recording holds it as an array (time, *frame)."""

    unit: str
    dtype: str
    rate: float | None = None  # Hz; None for a label, which is 0-d
    frame: tuple[int | None, ...] = ()  # shape of one time step; None where recordings differ
    channels: tuple[str, ...] = ()
    units: tuple[str, ...] = ()  # of each channel, where they are not all `unit`
    free: bool = False  # a text: its length is the model's to choose
    labels: tuple[str, ...] = ()  # names of the classes of a label, one a recording or a frame
    span: float | None = None  # largest minus smallest possible value, for image metrics
    fan: tuple[float, float, float] | None = None  # apex x, apex y (pixels), millimetres a pixel
    sector: tuple[float, float, float] | None = None  # degrees to either side, mm from, mm to


@dataclass(frozen=True)
class Recording:
    """One stretch of signals from one speaker in one session; `recording["emg"]` reads one."""

    id: str
    speaker: str
    session: str
    text: str
    read: Callable[[str], Array] = field(repr=False, compare=False)
    # From when to when it lasted, in seconds of its session; None where nobody knows.
    span: tuple[float, float] | None = field(default=None, compare=False)

    def __getitem__(self, signal: str) -> Array:
        return self.read(signal)


@dataclass(frozen=True)
class Checks:
    """What `data check` holds the recordings of a corpus against, beside what its signals say.

    A corpus whose files are known to deviate says so here, and nowhere else.
    """

    # Names of the signals that a recording of this id has; None: all of the corpus.
    signals: Callable[[str], Collection[str]] | None = None
    slack: float = 0.1  # seconds by which signals of one recording may differ in length
    slacks: Mapping[str, float] = field(default_factory=dict)  # of single signals, where it is more
    # Lowest and highest plausible root mean square of a recording, in the unit of the signal; of
    # signals that are not named here, by their unit.
    levels: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    flat: tuple[str, ...] = ()  # signals of which a channel may not change at all
    shared: tuple[str, ...] = ()  # signals that several recordings may have in common, bit by bit
    # Whether the reader makes this recording from others, as it does mixtures: of these, some are
    # enough.
    made: Callable[[str], bool] = lambda id: "+" in id
    # What is odd about the files in a folder of the corpus, one sentence each; nothing is refused
    # for it, since whole corpora may be odd.
    doubts: Callable[[Path], Iterable[str]] = lambda _folder: ()


@dataclass(frozen=True)
class Calibration:
    """How much of the new speaker or session a split lets a model train on.

    Splits that differ in the amount alone test the same recordings.
    """

    of: Literal["speaker", "session"]
    amount: float
    unit: Literal["repetitions", "minutes"]  # repetitions of each text


@dataclass(frozen=True)
class SplitRule:
    """How a split of a user's corpus is drawn from its recordings; `data split` writes it down.

    `folds(recordings)` gives its folds by name, the same ones whenever it is asked.
    """

    about: str
    folds: Callable[[Sequence[Recording]], Mapping[str, Fold]]
    disjoint: tuple[str, ...] = ()  # as in Split
    guard: float = 0.0  # seconds, as in Split
    calibration: Calibration | None = None
    tasks: tuple[str, ...] = ()  # those of the corpus' tasks that have it; all if none is named
    full: bool = False  # a run has it only with the full suite, or by name


@dataclass(frozen=True)
class Corpus:
    """Where recordings come from. `root` is the user's data folder, `folder` what locate found."""

    name: str
    title: str
    version: str
    licence: str
    citation: str
    advice: str  # one line: how to get it
    signals: Mapping[str, Signal]
    locate: Callable[[Path], Path | None]
    recordings: Callable[[Path], list[Recording]]
    digest: Callable[[], str]  # of the content that this version must have, or see `files`
    verify: Callable[[Path], list[str]]  # one sentence a problem; empty when all is as published
    fetch: Callable[[Path], None] | None = None  # download into root; raises UserError
    synthetic: bool = False
    # Of a corpus whose content was not known when its reader was written: every file of it in its
    # folder. Their sums are written down when it is prepared, and checked ever after; `digest` then
    # is that of the reader alone. See data/checksums.py.
    files: Callable[[Path], Iterable[Path]] | None = None
    size: str = ""  # to fetch, and on disk
    source: str = ""  # the page or the address where it is to be had
    known_issues: tuple[str, ...] = ()  # of its files, one sentence each
    miniature: bool = False  # made to try things out: what is scored on it is not published
    # Names, sizes and times of its files, in a digest: while it stays, nobody has touched them.
    state: Callable[[Path], str] = lambda _folder: ""
    # What is known of a recording from its id, to break scores down by, such as {"noise": "pink"}.
    facets: Callable[[str], Mapping[str, str]] = lambda _id: {}
    checks: Checks = Checks()
    # By name of a signal, `noiseless[signal](folder, id)`: what it would be without what its sensor
    # adds at random, such as speckle, which only a simulation can tell. No model sees it.
    noiseless: Mapping[str, Callable[[Path, str], Array]] = field(default_factory=dict)
    # Of its splits that test the same after training on several kinds of recordings, and whose
    # names do not say so: what is tested and what trains, such as
    # {"silent_and_voiced": ("silent", "both")}.
    transfers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    # Of a user's own corpus, which no file of the project names, and of one that a user builds
    # (registry/own_corpora.py): the tasks that it serves, its splits by name, and the file that
    # declares it. Its results stay in the working folder.
    tasks: tuple[str, ...] = ()
    splits: Mapping[str, SplitRule] = field(default_factory=dict)
    own: Path | None = None


@dataclass(frozen=True)
class Fold:
    """Ids of recordings for each role; no id has two roles."""

    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        for (one, a), (other, b) in combinations(self.roles().items(), 2):
            if both := set(a) & set(b):
                raise UserError(f"{min(both)} is in {one} and in {other}")
        for role, ids in self.roles().items():
            if len(set(ids)) != len(ids):
                raise UserError(f"{role} names a recording twice")
        if not self.train or not self.test:
            raise UserError("a fold needs recordings to train on and to test on")

    def roles(self) -> dict[str, tuple[str, ...]]:
        return {"train": self.train, "valid": self.valid, "test": self.test}


@dataclass(frozen=True)
class Split:
    """A named, fixed set of folds over one corpus, `<corpus>.<name>`, kept as a list of ids."""

    name: str
    about: str
    disjoint: tuple[str, ...]  # of "text", "session", "speaker": what test shares with no training
    folds: Mapping[str, Fold]
    digest: str
    guard: float = 0.0  # seconds that lie between test and what is seen of the same session
    leaks: tuple[str, ...] = ()  # kinds of findings of the leakage audit that it is there to show
    calibration: Calibration | None = None

    @property
    def corpus(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Metric:
    """How good a prediction is.

    `measure(prediction, target, signal, *auxiliary)` gives the sufficient statistics of one
    recording, a 1-D float64 array; where the definition has no value it raises UndefinedTarget, or
    Undefined if the prediction is the cause. Statistics add up over recordings and `reduce` turns
    sums of them (..., k) into scores (...): so means, pooled ratios and macro-F1 share one
    bootstrap. Values that `reduce` ignores may follow: `parts` turns the same sums into scores
    (..., n) of the target's channels or classes. `worst` are the statistics of an unscorable
    prediction; a metric without it has a value for every finite prediction, or else the job fails.
    """

    id: str  # name.aggregation@version
    title: str
    unit: str | None  # None: the unit of the target
    better: Literal["higher", "lower"]
    measure: Callable[..., Array]
    reduce: Callable[[Array], Array]
    definition: str  # in a line; the module has the formula
    source: str
    worst: Callable[[Signal], Array] | None = None
    scale: tuple[float | None, float | None] = (None, None)  # lowest and highest value there is
    # Further signals of the recording that it needs, time first; see Task.on.
    auxiliary: tuple[str, ...] = ()
    fits: Callable[[Signal], bool] = lambda _target: True  # which targets it can measure, likewise
    degenerate: str = ""  # a prediction without content that it rewards
    # It searches for the best place of the prediction in time, so that a late answer is found
    # again: for it, the chance level is the answer to another recording.
    aligns: bool = False
    parts: Callable[[Array], Array] | None = None  # n is 0 where a result is older than the parts
    has_confusion: bool = False  # its statistics are a matrix (true class, predicted class), flat
    tolerance: float = 0.01  # what another machine may change in a score of the same model
    # Which rows of statistics (n, k) `measure` can have given for this target, as bool (n,): what a
    # published result says is held against it. None: all that are finite and within the scale.
    plausible: Callable[[Array, Signal], Array] | None = None

    @property
    def unit_name(self) -> str:
        return "unit of the target" if self.unit is None else self.unit


@dataclass(frozen=True)
class Task:
    """What is asked: from these inputs, this target, on these splits, scored by these metrics."""

    title: str
    inputs: tuple[str, ...]
    target: str
    splits: tuple[str, ...]
    smoke: tuple[str, ...]  # small splits, for a try of a minute
    metrics: tuple[Metric, ...]  # the first one ranks; see `on`
    # Entries that ignore the input, or see nuisance cues alone.
    trivial_baselines: tuple[str, ...] = TRIVIAL
    _: KW_ONLY
    citation: str
    version: str
    licence: str = "Apache-2.0"
    privileged: tuple[str, ...] = ()  # signals for training only; no test input has them
    full: tuple[str, ...] = ()  # of `splits`: those that a run has only with the full suite
    # The entry that hands an input through as the answer, where one is an answer already, such as
    # noisy speech: its page shows what the others gain over it.
    unprocessed: str = ""
    # What can be reached with the answers at hand: where the scale of normalised scores ends. See
    # registry/from_answers/oracles.py. None of them is ranked.
    oracles: tuple[str, ...] = ()

    def on(self, corpus: Corpus) -> Task:
        """The task as a corpus is scored by it: without metrics that it cannot serve.

        These need auxiliary signals that it lacks, or a target of another kind. The first metric,
        which ranks, stays: a corpus that cannot serve it cannot serve the task.
        """
        first, *others = self.metrics
        target = corpus.signals.get(self.target)
        asked = (
            metric
            for metric in others
            if corpus.signals.keys() >= set(metric.auxiliary)
            and (target is None or metric.fits(target))
        )
        return replace(self, metrics=(first, *asked))


@dataclass(frozen=True)
class Asked:
    """What a model is told about its task when it is made."""

    task: str
    inputs: tuple[str, ...]
    target: str
    signals: Mapping[str, Signal]


class Model(Protocol):
    """What an entry brings: `Model(asked, seed, **settings of the variant)`."""

    def fit(self, train: Sequence[Recording], valid: Sequence[Recording]) -> None: ...

    def predict(self, inputs: Mapping[str, Array], shape: tuple[int, ...]) -> Array:
        """Return an array of exactly `shape`: (time, ...) at the target's rate, () for a label.

        (-1,) asks for as many as the model likes: the code points of a text.
        """
        ...


@dataclass(frozen=True)
class Job:
    """One model to fit and to test, with everything that can change its result."""

    task: str
    split: str
    fold: str
    entry: str
    variant: str
    seed: int
    data: str  # digest of task, split and corpus
    code: str  # digest of the entry's code, weights and settings, and of the metric ids
    setup: Setup = ""

    @property
    def key(self) -> Path:
        """A relative path: `ls` shows progress, and what exists is done."""
        words = ["", *self.setup.split()]
        digests = self.data[:8] + self.code[:8] + "-".join(words)
        # A variant with settings changed for a run is long, and holds what no path may.
        variant = quote(self.variant, safe="+=,[]")[:LONGEST_VARIANT]
        name = f"{variant}-seed{self.seed}-{digests}.json"
        return Path(self.task, self.split, self.fold, self.entry, name)

    @property
    def slot(self) -> tuple[str, str, str, str, int]:
        """What jobs of one entry share when data or code change: a newer result replaces it."""
        return self.task, self.split, self.fold, self.variant, self.seed

    @property
    def corpus(self) -> str:
        return self.split.partition(".")[0]
