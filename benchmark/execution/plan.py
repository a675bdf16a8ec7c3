"""What is to be run: tasks x splits x folds x entries x variants x seeds -> jobs. Runs nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmark import registry
from benchmark.core import Corpus, Inapplicable, Job, Paths, Setup, Split, Task, UserError
from benchmark.data import folds
from benchmark.data.installed_split import load_here
from benchmark.registry import Entry
from benchmark.registry.declarations import missing_signal
from benchmark.registry.settings import overrides

NAMED = 5  # corpora that are named where more are not here


@dataclass(frozen=True)
class RunSelection:
    """What to run; an empty selection means all there is."""

    tasks: Collection[str] = ()
    corpora: Collection[str] = ()
    entries: Collection[str] = ()
    variants: str = "default"  # the first of each entry; "all" but published sizes; or names
    seeds: int = 1
    smoke: bool = False
    full: bool = False  # also the entries and splits that are not part of every run
    setup: Setup = ""  # of the jobs of entries that can use another
    splits: Collection[str] = ()  # these alone, of whatever suite
    settings: Sequence[str] = ()  # NAME=VALUE: what is changed of every chosen variant


@dataclass(frozen=True)
class Plan:
    """Jobs in the order in which they run, what they need, and what was left out and why."""

    jobs: tuple[Job, ...]
    sources: Mapping[tuple[str, str], tuple[Task, Split, Corpus]]  # by (task, split)
    entries: Mapping[str, Entry]
    notes: tuple[str, ...]

    def context(self, task: str) -> float:
        """Seconds to either side that any of its entries sees in this task."""
        names = {job.entry for job in self.jobs if job.task == task}
        return max((self.entries[name].context for name in names), default=0.0)


def plan(paths: Paths, choice: RunSelection, corpora: Mapping[str, Corpus]) -> Plan:
    """Find tasks, splits and entries, and list every job; UserError for an unknown name."""
    read = registry.read_tasks(paths.root)
    tasks, entries = read.found, registry.entries(paths.root)
    for name in choice.corpora:
        registry.pick_corpus(name, corpora)
    for name in choice.tasks:
        read.pick("task", name)
    asked = [entries.pick(name) for name in choice.entries] or entries.found.values()
    known_variants = {name: None for entry in asked for name in entry.variants}
    for name in choice.variants.split(","):
        kind = f"variant of {', '.join(choice.entries)}" if choice.entries else "variant"
        registry.pick(kind, name, {"default": None, "all": None, **known_variants})
    if choice.settings and not choice.entries:
        raise UserError("--set changes settings of an entry: say which, as in run ENTRY --set ...")
    known = {split: None for t in tasks.values() for split in (*t.splits, *t.smoke)}
    for name in choice.splits:
        registry.pick("split", name, known)
    jobs: list[Job] = []
    sources = {}
    problems = (*read.problems, *entries.problems, *registry.misfits(paths.root))
    notes = [f"left out: {problem}" for problem in problems]
    for name, task in tasks.items():
        if choice.tasks and name not in choice.tasks:
            continue
        if choice.entries and all(name not in entries.found[e].tasks for e in choice.entries):
            continue
        for split, corpus in _splits(paths, task, corpora, choice, notes):
            on_corpus = task.on(corpus)
            found = list(list_jobs(name, on_corpus, split, corpus, entries.found, choice, notes))
            if found:  # else nobody needs its folds, nor the level of chance
                sources[name, split.name] = on_corpus, split, corpus
            jobs += found
    said = _absent_together(notes, paths)
    if not jobs:
        able = [e for e in asked if not choice.tasks or {*e.tasks} & {*choice.tasks}]
        later = not (choice.full or choice.entries) and {e.suite for e in able} == {"full"}
        hint = "; those that would are part of the full suite: --suite full" if later else ""
        raise UserError(
            f"nothing to run: no chosen entry does a chosen task{hint}. {' '.join(said)}"
        )
    return Plan(tuple(jobs), sources, entries.found, tuple(said))


def _absent_together(notes: Iterable[str], paths: Paths) -> list[str]:
    """Each note once, and one for all corpora that are not here."""
    notes, tail = [*dict.fromkeys(notes)], _absent("", paths)
    names = [note.removesuffix(tail) for note in notes if note.endswith(tail)]
    if len(names) < 2:
        return notes
    others = [note for note in notes if not note.endswith(tail)]
    which = f"{', '.join(names[:NAMED])}{', ...' if len(names) > NAMED else ''}"
    advice = "see `silentbench data list`"
    return [*others, f"{len(names)} corpora ({which}) are not under {paths.data}: {advice}"]


def _absent(corpus: str, paths: Paths) -> str:
    return f"{corpus} is not under {paths.data}: see `silentbench data list`"


def _splits(
    paths: Paths, task: Task, corpora: Mapping[str, Corpus], choice: RunSelection, notes: list[str]
) -> Iterator[tuple[Split, Corpus]]:
    for name in _chosen(task, choice):
        corpus = corpora.get(name.partition(".")[0])
        if corpus is None:
            notes.append(f"left out: {name}: there is no corpus of that name, or it is broken")
            continue
        if choice.corpora and corpus.name not in choice.corpora:
            continue
        if corpus.locate(paths.data) is None:
            if corpus.name in choice.corpora:
                raise UserError(f"{corpus.name} is not under {paths.data}: {corpus.advice}")
            notes.append(_absent(corpus.name, paths))
            continue
        if missing := missing_signal(task, corpus):
            notes.append(f"left out: {name}: {missing}")
            continue
        try:
            split, held, left_out = load_here(paths, name, corpus)
        except Inapplicable as error:
            if name in choice.splits:
                raise
            notes.append(f"left out: {error}")
            continue
        except UserError as error:
            if corpus.name in choice.corpora:
                raise
            notes.append(str(error))  # the other corpora go on
            continue
        notes += left_out
        yield split, held


def _chosen(task: Task, choice: RunSelection) -> list[str]:
    """The splits of a task that a choice takes, whether their corpora are here or not."""
    if choice.splits:
        return [name for name in (*task.splits, *task.smoke) if name in choice.splits]
    if choice.smoke:
        return [*task.smoke]
    return [name for name in task.splits if choice.full or name not in task.full]


def to_publish(chosen: Plan, corpora: Collection[str]) -> Plan:
    """The plan with these corpora of the user as if they were anybody's: their results go out."""
    sources = {
        key: (task, split, replace(corpus, own=None) if corpus.name in corpora else corpus)
        for key, (task, split, corpus) in chosen.sources.items()
    }
    return replace(chosen, sources=sources)


def part(chosen: Plan, sources: Collection[tuple[str, str]]) -> Plan:
    """The plan for these tasks and splits alone."""
    jobs = tuple(job for job in chosen.jobs if (job.task, job.split) in sources)
    kept = {key: source for key, source in chosen.sources.items() if key in sources}
    return replace(chosen, jobs=jobs, sources=kept)


def ranking_only(chosen: Plan) -> Plan:
    """The plan with the first metric of each task alone: a look at what ranks, in less time.

    Its jobs have another digest of code, so no result of theirs is taken for a whole one.
    """
    sources = {
        key: (replace(task, metrics=task.metrics[:1]), split, corpus)
        for key, (task, split, corpus) in chosen.sources.items()
    }
    jobs = []
    for job in chosen.jobs:
        (metric,) = sources[job.task, job.split][0].metrics
        code = chosen.entries[job.entry].code_digest(job.variant, [metric.id])
        jobs.append(replace(job, code=code))
    return replace(chosen, sources=sources, jobs=tuple(jobs))


def every_source(
    paths: Paths, name: str, only: Collection[str], corpora: Mapping[str, Corpus]
) -> tuple[dict[str, tuple[Split, Corpus]], list[str]]:
    """All splits of one task whose corpora are here, smoke splits as well, and notes on others."""
    task = registry.read_tasks(paths.root).pick("task", name)
    notes: list[str] = []
    choices = (RunSelection(corpora=only, smoke=smoke, full=True) for smoke in (False, True))
    found = (pair for choice in choices for pair in _splits(paths, task, corpora, choice, notes))
    return {split.name: (split, corpus) for split, corpus in found}, list(dict.fromkeys(notes))


def sources(
    paths: Paths, name: str, only: Collection[str], corpora: Mapping[str, Corpus], full: bool = True
) -> dict[str, tuple[Split, Corpus]]:
    """The splits of one task whose corpora are here, by name; UserError where there is none.

    Without `full` those of the main suite.
    """
    task = registry.read_tasks(paths.root).pick("task", name)
    for corpus in only:
        registry.pick_corpus(corpus, corpora)
    notes: list[str] = []
    found = _splits(paths, task, corpora, RunSelection(corpora=only, full=full), notes)
    by_name = {split.name: (split, corpus) for split, corpus in found}
    if not by_name:
        which = "split" if full else "split of the main suite"
        raise UserError(f"no {which} of {name} has its corpus here. {' '.join(notes)}")
    return by_name


def list_jobs(
    name: str,
    task: Task,
    split: Split,
    corpus: Corpus,
    entries: Mapping[str, Entry],
    choice: RunSelection,
    notes: list[str],
) -> Iterator[Job]:
    """The jobs of one split of the task `name`; `notes` get a sentence for what is left out."""
    data = folds.data_digest(name, task, split, corpus)
    for entry in entries.values():
        if name not in entry.tasks or (choice.entries and entry.name not in choice.entries):
            continue
        if entry.kind == "predictions":
            continue
        if entry.suite == "full" and not (choice.full or choice.entries):
            continue
        setup = choice.setup if uses_torch(entry) else ""
        for declared in _variants(entry, choice.variants):
            variant = overrides.changed(entry.path, entry.variants, declared, choice.settings)
            try:
                code = entry.code_digest(variant, (metric.id for metric in task.metrics))
            except (UserError, OSError) as error:  # it has just changed, or cannot be read
                notes.append(f"left out: {entry.path}: {error}")
                continue
            for fold in split.folds:
                for seed in range(choice.seeds):
                    yield Job(name, split.name, fold, entry.name, variant, seed, data, code, setup)


def asked_setup(variables: Mapping[str, str], gpus: int = 0) -> Setup:
    """The setup that SILENTBENCH_DEVICE, SILENTBENCH_FAST and a number of GPUs ask for.

    UserError for a value that neither of the variables may have.
    """
    device = variables.get("SILENTBENCH_DEVICE") or ("cuda" if gpus else "cpu")
    fast = variables.get("SILENTBENCH_FAST") or "0"
    if device not in ("cpu", "cuda"):
        raise UserError(f"SILENTBENCH_DEVICE is {device!r}; expected cpu or cuda")
    if fast not in ("0", "1"):
        raise UserError(f"SILENTBENCH_FAST is {fast!r}; expected 1, or nothing for exact results")
    if fast == "1":
        return "cuda fast" if device == "cuda" else "fast"
    return "cuda" if device == "cuda" else ""


def uses_torch(entry: Entry) -> bool:
    """Whether it could use a GPU, or compute less exactly: others have one setup only."""
    return any(name.startswith("torch") for name in entry.dependencies)


def _variants(entry: Entry, wanted: str) -> list[str]:
    """Names of the variants to run; a published size needs a GPU and is run by name only."""
    if wanted == "default":
        return [entry.default]
    if wanted == "all":
        return [n for n, settings in entry.variants.items() if settings.get("size") != "paper"]
    return [name for name in wanted.split(",") if name in entry.variants]
