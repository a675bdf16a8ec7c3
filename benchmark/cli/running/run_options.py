"""The options of `run`, in groups: which jobs, where they run, and how."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from benchmark.cli import options
from benchmark.cli.named.words import (
    EntryOption,
    OnlyCorpora,
    OnlyEntries,
    OnlyTasks,
    a_split,
)
from benchmark.cli.options import Isolation, Names, Settings
from benchmark.cli.panels import MUCH
from benchmark.core import Setup, UserError
from benchmark.execution import plan, runner
from benchmark.execution.executors import Executor, dask, debug, local_executor, slurm
from benchmark.results import environment
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits

Suite = Literal["main", "full", "smoke"]
ExecutorName = Literal["local", "slurm", "dask", "debug"]
Workers = Annotated[int, typer.Option(min=1, help="Jobs at once.")]
CORES = environment.cores()
SLURM = "Slurm"  # a panel of the help
GIVEN = ("COMMANDLINE", "DEFAULT_MAP", "ENVIRONMENT")  # sources of a value that is no default
# Parameters of `run` that no file sets: they say what one call does.
OF_A_CALL = ("config_file", "dry_run", "watch", "as_json", "entry", "plugins")


def use_config(context: typer.Context, path: Path | None) -> Path | None:
    """Take defaults of options from a TOML file; what stands in the command line counts more.

    Keys are long names of options without dashes in front, `entries` names entries. UserError, as a
    sentence, for a file that cannot be read, or a key that is no option.
    """
    if path is None or context.resilient_parsing:
        return path
    with options.one_sentence():
        try:
            raw = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"--config {path}: not readable as TOML: {error}") from error
        known = _by_long_name(context)
        for key in raw:
            if key not in known:
                nearest = difflib.get_close_matches(key, known, 3) or sorted(known)
                raise UserError(
                    f"--config {path}: no option {key!r}; there is {', '.join(nearest)}"
                )
        context.default_map = {known[key]: value for key, value in raw.items()}
    return path


def given(context: typer.Context) -> dict[str, Any]:
    """The options of a call that are no defaults, by what a file for `--config` calls them."""
    found: dict[str, Any] = {}
    for key, name in _by_long_name(context).items():
        source = context.get_parameter_source(name)
        value = context.params[name]
        if name == "entries":  # both ways of naming them
            value = [*value, *context.params.get("entry", ())]
        if (value and name == "entries") or (source is not None and source.name in GIVEN):
            found[key] = str(value) if isinstance(value, Path) else value
    return found


def as_config(options: Mapping[str, Any]) -> list[str]:
    """The lines of a file for `--config` with these options."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in options.items()]
    return ["the same by a file for --config:", *lines] if lines else []


def _by_long_name(context: typer.Context) -> dict[str, str]:
    """Names of parameters by what a file calls them; not those that say what a call does."""
    found = {"entries": "entries"}
    for parameter in context.command.params:
        long = [name for name in parameter.opts if name.startswith("--")]
        if long and parameter.name and parameter.name not in OF_A_CALL:
            found[long[0].removeprefix("--")] = parameter.name
    return found


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        callback=use_config,
        is_eager=True,
        help="TOML file with options, as --dry-run prints it.",
    ),
]


@dataclass(frozen=True)
class SelectionOptions:
    """Which jobs to run."""

    entries: OnlyEntries = field(default_factory=list)
    task: OnlyTasks = field(default_factory=list)
    corpus: OnlyCorpora = field(default_factory=list)
    split: Annotated[Names, a_split("Only this split, of whatever suite; may be repeated.")] = (
        field(default_factory=list)
    )
    entry: EntryOption = field(default_factory=list)
    variants: Annotated[
        str, typer.Option(help="default, all for an ablation, or names separated by commas.")
    ] = "default"
    settings: Settings = field(default_factory=list)
    seeds: Annotated[
        int,
        typer.Option(min=1, help="Number of random seeds for each entry.", rich_help_panel=MUCH),
    ] = 1
    suite: Annotated[
        Suite,
        typer.Option(
            help="main, full (all entries and splits), or smoke (a quick test of the set-up).",
            metavar="NAME",
            rich_help_panel=MUCH,
        ),
    ] = "main"

    def selection(self, setup: Setup) -> plan.RunSelection:
        smoke, full = self.suite == "smoke", self.suite == "full"
        return plan.RunSelection(
            self.task,
            self.corpus,
            [*self.entries, *self.entry],
            *(self.variants, self.seeds, smoke, full, setup),
            splits=self.split,
            settings=self.settings,
        )


@dataclass(frozen=True)
class ExecutorOptions:
    """Where jobs run."""

    executor: Annotated[
        ExecutorName,
        typer.Option(
            "--executor", "--engine", metavar="NAME", help="local, slurm, dask, or debug."
        ),
    ] = "local"
    workers: Workers = CORES
    gpus: Annotated[
        int, typer.Option(min=0, help="GPUs here; with slurm or dask, of a job that can use one.")
    ] = 0
    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask scheduler.", rich_help_panel="Dask")
    ] = ""
    partition: Annotated[str, typer.Option(help="Slurm partition.", rich_help_panel=SLURM)] = ""
    minutes: Annotated[
        int,
        typer.Option(
            min=0,
            help="Time limit of a Slurm job; 0: from the limit of the job.",
            rich_help_panel=SLURM,
        ),
    ] = 0
    at_once: Annotated[
        int, typer.Option(min=1, help="Jobs at once in Slurm.", rich_help_panel=SLURM)
    ] = 100
    sbatch: Annotated[
        Names, typer.Option(help="NAME=VALUE for sbatch; may be repeated.", rich_help_panel=SLURM)
    ] = field(default_factory=list)

    @property
    def elsewhere(self) -> bool:
        """Whether jobs run on other machines, of which nothing is known here."""
        return self.executor == "slurm" or (self.executor == "dask" and bool(self.scheduler))

    @property
    def side_by_side(self) -> int:
        """How many jobs run at the same time, as far as it is known."""
        if self.executor == "debug":
            return 1  # in the process that asks for them
        return self.at_once if self.executor == "slurm" else self.workers

    def make(self, memory_mb: int) -> Executor:
        """The executor that is asked for; `memory_mb` of a Slurm job, 0: what it needs."""
        if self.executor == "slurm":
            return slurm.slurm_executor(
                slurm.SlurmOptions(
                    *(self.partition, self.minutes, memory_mb, self.gpus, self.at_once),
                    tuple(self.sbatch),
                )
            )
        if self.executor == "dask":
            return dask.dask_executor(self.scheduler, self.workers, self.gpus)
        if self.executor == "debug":
            return debug.debug_executor()
        return local_executor(self.workers, self.gpus)


@dataclass(frozen=True)
class JobOptions:
    """Safety.

    And, in panels of their own, how much each job may take.
    """

    timeout: Annotated[
        float,
        typer.Option(min=0.1, help="Time limit of a job, in seconds.", rich_help_panel=MUCH),
    ] = 1800.0
    memory: Annotated[
        int,
        typer.Option(
            min=0,
            help="Memory limit of a job, in MB; 0: its share of 80% of all, or 16384 elsewhere.",
            rich_help_panel=MUCH,
        ),
    ] = 0
    isolation: Isolation = "auto"
    shuffle_check: Annotated[
        bool,
        typer.Option(
            "--shuffle-check",
            help="Probe every job instead of one of each entry: is another order answered alike?",
        ),
    ] = False
    aggregates: Annotated[
        bool,
        typer.Option(
            "--aggregates-only", help="Publish group aggregates only, no per-recording results."
        ),
    ] = False

    allow_leaks: Annotated[
        bool,
        typer.Option("--allow-leaks", help="Run splits whose leakage audit finds leaks, too."),
    ] = False
    timing: Annotated[
        bool,
        typer.Option(
            "--timing",
            help="Run jobs once more afterwards, one by one on one core, to time them.",
            rich_help_panel=MUCH,
        ),
    ] = False

    def config(self, where: ExecutorOptions) -> RunConfig:
        if self.timing and where.executor != "local":
            raise UserError("--timing needs this machine for itself: use --executor local")
        if self.shuffle_check and self.aggregates:
            raise UserError("--aggregates-only keeps nothing of --shuffle-check: leave one out")
        limits = Limits(seconds=self.timeout)
        if self.memory or not where.elsewhere:
            limits = replace(limits, memory_mb=self.memory or options.memory_mb(where.workers))
        # The debug executor makes no sandbox, so it needs none.
        needless = where.executor == "debug" and self.isolation == "auto"
        backend = "process" if needless else options.backend_for(self.isolation)
        return RunConfig(limits, backend, self.shuffle_check, self.aggregates)

    def ignored(self, summary: runner.Summary) -> list[str]:
        """A sentence for an option that reused results did not follow."""
        if self.isolation == "auto" or not summary.otherwise_isolated:
            return []
        jobs = f"{summary.otherwise_isolated} reused results"
        return [f"--isolation {self.isolation} was ignored for {jobs}: add --again to run them"]
