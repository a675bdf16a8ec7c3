"""How figures are said, on every page and in the terminal."""

from __future__ import annotations

from benchmark.core import Corpus, Isolation, Metric, Signal, Task
from benchmark.data.splits import Audit
from benchmark.leaderboard.across_tasks import Overall
from benchmark.leaderboard.ranking import SIGNIFICANT
from benchmark.leaderboard.tables import Row, Score, Table, Way, title, unit_of
from benchmark.results import significance

LEGEND = (
    "Brackets hold the 95 % interval of a row, drawn by speakers (or sessions, or recordings, where"
    " there is one speaker). It is that of the row alone, not of its difference to another row.",
    "*tier*: rows of one tier cannot be told apart from its best, by sign flips of paired"
    " differences, adjusted for all pairs of the table.",
    "*way*: how far the score has come from the best floor (0 %) to the end of its scale (100 %).",
    "*floor* marks what never looks at the input; *chance* is the answers out of their place.",
    "*causal* is what an entry claims, tried by noise in place of what comes later: yes, or how far"
    " it looked ahead.",
    "*not isolated*: nothing kept the model from files of the machine."
    " *predictions only*: nobody here ran it.",
)
MORE = (
    "*first*: how often a row is the best of its table when speakers are drawn again.",
    "*seeds*: standard deviation over runs with other seeds, which the interval leaves out.",
)
MARKS: dict[str, str] = {
    Isolation.PROCESS: " *not isolated*",
    Isolation.PREDICTIONS_ONLY: " *predictions only*",
}


def about(table: Table, corpus: Corpus, audit: Audit | None, tick: str = "") -> str:
    """What a table rests on, and whether it leaks; `tick` stands around names."""
    said = (
        f"{corpus.title}. {tick}{table.task}{tick} on {tick}{table.split}{tick}:"
        f" {count(table.recordings, 'test recording')},"
        f" {count(table.speakers, 'speaker')}, {count(table.folds, 'fold')}."
    )
    if table.speakers == 1:
        said += " One speaker: nothing here says how it goes with other speakers."
    return f"{said} {audited(audit)}"


def audited(audit: Audit | None) -> str:
    """What an audit found, or that there was none."""
    if audit is None:
        return "Not audited for leaks."
    if audit.leaks:
        return f"LEAKS: test recordings share {', '.join(audit.leaks)} with what a model sees."
    return "Audited: nothing of a test recording stands in what a model sees."


def across(found: Overall) -> str:
    """What average ranks rest on, and how far apart they must be."""
    return (
        f"Over {len(found.blocks)} blocks (a task on a corpus, its first split):"
        f" {', '.join(found.blocks)}; that all rank alike has p = {found.friedman:.3g} (Friedman)."
        f" Average ranks less than {found.distance:.2f} apart cannot be told apart (Nemenyi)."
        " Compared are entries with a row in more than half of all blocks, over the blocks where"
        " each of them has one. Scores of unlike metrics are not averaged."
    )


def about_tiers(table: Table) -> str:
    least = significance.smallest_p(max(table.units, 1))
    paired = f"Paired by {table.unit} ({table.units})"
    if least > SIGNIFICANT:
        return f"{paired}, the smallest p is {least:.3g}: no difference can be significant."
    ends = f"a tier ends at the first row that its best differs from, p ≤ {SIGNIFICANT}"
    return f"{paired}, smallest p {least:.2g}: {ends}."


def floored(task: Task, table: Table) -> list[str]:
    """Say where the floor of a scale stands for what had no score."""
    notes = []
    for row in table.rows:
        for metric in task.metrics:
            score = row.scores[metric.id]
            total = score.items * row.runs
            notes += [
                f"{title(*row.name)}: {metric.title} at the floor of its scale"
                f" for {count} of {total} predictions: {reason}"
                for reason, count in sorted(score.floored.items())
            ]
    return notes


def causal(row: Row, target: Signal) -> str:
    """What became of the claim, where the target has a time to look ahead of."""
    if not row.claims_causal or target.rate is None:
        return "–"
    if row.look_ahead_ms is None:
        return "cannot be seen"
    return "yes" if row.look_ahead_ms <= 1000 / target.rate else f"{row.look_ahead_ms:.0f} ms ahead"


def score(score: Score) -> str:
    if score.value is None:
        return "undefined"
    if score.low is None:
        return f"{score.value:.3f}"
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"


def value(score: Score) -> str:
    return "undefined" if score.value is None else f"{score.value:.3f}"


def way(way: Way | None) -> str:
    if way is None:
        return "–"
    return f"{percent(way.value)} [{percent(way.low)}, {percent(way.high)}]"


def percent(share: float) -> str:
    return f"{round(100 * share)} %"


def parameters(row: Row) -> str:
    return "–" if row.parameters is None else f"{row.parameters:,}"


def factor(row: Row) -> str:
    return "–" if row.real_time_factor is None else f"{row.real_time_factor:.3g}"


def head(metric: Metric, target: Signal) -> str:
    unit = unit_of(metric, target)
    return f"{metric.title}{f' [{unit}]' if unit else ''} {arrow(metric)}"


def arrow(metric: Metric) -> str:
    return "↑" if metric.better == "higher" else "↓"


def count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 or thing == 'more' else 's'}"
