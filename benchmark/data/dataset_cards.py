"""A page for each corpus, read off its declaration, the tasks and the splits; and its metadata.

`docs/corpora/<corpus>.md` for people, `docs/corpora/<corpus>.json` (Croissant) for programs and
`docs/corpora/README.md` with all of them. No data are needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmark import registry
from benchmark.core import Corpus, Signal, Split, Task
from benchmark.data import croissant, splits

PLACE = Path("docs") / "corpora"
NOTE = "Made by the program from `benchmark/corpora`, `tasks` and `tasks/splits`; do not edit.\n"
PINNED = "pinned: `run_benchmark.py data verify` compares it with what was published"
AT_SIGHT = (
    "recorded at first sight: no sums were published, so `data prepare` writes down those of your "
    "files, and what is compared from then on are these"
)


def pages(root: Path) -> dict[Path, str]:
    """Every page and every metadata file of this project by its path below `root`, whole."""
    corpora, tasks, lists = registry.corpora(), registry.tasks(root), every_split(root)
    found = {PLACE / "README.md": index(corpora, tasks)}
    small = registry.fixtures()
    for name, corpus in corpora.items():
        found[PLACE / f"{name}.md"] = page(corpus, tasks, lists, miniature=name in small)
        meta = croissant.metadata(corpus, tasks)
        found[PLACE / f"{name}.json"] = json.dumps(meta, ensure_ascii=False, indent=1) + "\n"
    return found


def every_split(root: Path) -> dict[str, Split]:
    """Every list in `tasks/splits` by its name; UserError where one is no list."""
    files = sorted((root / "tasks" / "splits").glob("*.*.json"))
    return {path.stem: splits.load(path) for path in files}


def index(corpora: Mapping[str, Corpus], tasks: Mapping[str, Task]) -> str:
    """The page with all corpora."""
    rows = [
        (
            f"[{name}]({name}.md)",
            corpus.title,
            _kind(corpus),
            corpus.licence,
            corpus.size or "not stated",
            "pinned" if corpus.files is None else "at first sight",
            ", ".join(croissant.using(corpus, tasks)) or "none yet",
        )
        for name, corpus in corpora.items()
    ]
    head = ("corpus", "what it is", "data", "licence", "size", "content", "tasks")
    text = (
        "Beside each page lies the same for programs: `<corpus>.json`, Croissant 1.0. What does "
        "not come with the package is got by `run_benchmark.py data prepare <corpus>`; **content** "
        "says whether its bytes are known beforehand (pinned) or written down when they are first "
        "seen.\n"
    )
    return "\n".join(["# Corpora", "", NOTE, text, *_table(head, rows)]) + "\n"


def page(
    corpus: Corpus,
    tasks: Mapping[str, Task],
    lists: Mapping[str, Split],
    miniature: bool = False,
) -> str:
    """The card of one corpus; `lists` are splits by name, `miniature`: `data fixture` has one."""
    used = croissant.using(corpus, tasks)
    parts = [
        f"# {corpus.title}",
        "",
        NOTE,
        *_facts(corpus),
        "",
        "## How to get it",
        "",
        *_access(corpus, miniature),
        "",
        "## Signals",
        "",
        *_signals(corpus, used),
        "",
        "## Tasks and splits",
        "",
        *_splits(corpus, used, lists),
        "",
        "## Traps",
        "",
        *(f"- {trap}" for trap in corpus.known_issues or ("None are known.",)),
    ]
    return "\n".join(parts) + "\n"


def _kind(corpus: Corpus) -> str:
    return "simulated" if corpus.synthetic else "recorded"


def _facts(corpus: Corpus) -> list[str]:
    rows = [
        ("name", f"`{corpus.name}`, version {corpus.version}"),
        ("data", f"**{_kind(corpus)}**"),
        ("licence", corpus.licence),
        ("citation", corpus.citation),
        ("source", corpus.source or "not stated"),
        ("size", corpus.size or "not stated"),
        ("content", PINNED if corpus.files is None else AT_SIGHT),
        ("metadata", f"[{corpus.name}.json]({corpus.name}.json) (Croissant 1.0)"),
    ]
    return _table(("", ""), rows)


def _access(corpus: Corpus, miniature: bool) -> list[str]:
    if own := croissant.packaged(corpus):
        return [f"It comes with the package, in `{own}`."]
    how = "" if corpus.fetch else " --from PATH"
    lines = [
        "```",
        f"python run_benchmark.py data prepare {corpus.name}{how} --accept-licence",
        f"python run_benchmark.py data verify {corpus.name}",
        "```",
        "",
        f"{corpus.advice.rstrip('.')}.",
    ]
    if miniature:
        tried = f"run_benchmark.py data fixture {corpus.name} --data FOLDER"
        lines += ["", f"To try things out without it, `{tried}` writes a miniature."]
    return lines


def _signals(corpus: Corpus, used: Mapping[str, Task]) -> list[str]:
    rows = [
        (
            f"`{name}`",
            _unit(signal),
            croissant.rate(signal),
            croissant.shape(signal),
            signal.dtype,
            "; ".join(croissant.uses(name, used)),
        )
        for name, signal in corpus.signals.items()
    ]
    lines = _table(("name", "unit", "rate", "shape", "dtype", "used as"), rows)
    named = [("Channels", n, s.channels) for n, s in corpus.signals.items()]
    named += [("Classes", n, s.labels) for n, s in corpus.signals.items()]
    for what, names in dict.fromkeys((what, names) for what, _, names in named if names):
        of = ", ".join(f"`{n}`" for w, n, others in named if (w, others) == (what, names))
        lines += ["", f"{what} of {of}: {', '.join(names)}."]
    return lines


def _unit(signal: Signal) -> str:
    """The unit, or those of the channels where they differ."""
    return ", ".join(dict.fromkeys(signal.units)) or signal.unit


def _splits(corpus: Corpus, used: Mapping[str, Task], lists: Mapping[str, Split]) -> list[str]:
    rows = []
    for name, split in lists.items():
        if split.corpus == corpus.name:
            takers = [n for n, task in used.items() if name in task.splits]
            takers += [f"{n} (smoke)" for n, task in used.items() if name in task.smoke]
            apart = ", ".join(split.disjoint) or "nothing"
            rows.append(
                (f"`{name}`", ", ".join(takers) or "none", len(split.folds), apart, split.about)
            )
    if not rows:
        return ["No split of it is there yet."]
    return _table(("split", "tasks", "folds", "kept apart", "about"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table in markdown; bars within cells are kept as they are."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[" ".join(str(cell).split()).replace("|", "\\|") for cell in line] for line in lines]
    return ["| " + " | ".join(line) + " |" for line in cells]
