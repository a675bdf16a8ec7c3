"""How figures are written, on every page and in the terminal, and the notes under tables."""

from __future__ import annotations

from collections.abc import Callable

from benchmark.core import CHANCE, Corpus, Isolation, Metric, Signal, Task
from benchmark.data.splits import Audit
from benchmark.leaderboard import across_tasks, verification
from benchmark.leaderboard.across_tasks import AcrossTasks
from benchmark.leaderboard.breakdowns import Breakdown
from benchmark.leaderboard.ranking import SIGNIFICANT
from benchmark.leaderboard.tables import (
    Gain,
    NormalisedScore,
    Row,
    Score,
    Table,
    is_oracle,
    title,
    unit_of,
)
from benchmark.leaderboard.verification import Records
from benchmark.results import significance

NBSP = "\N{NO-BREAK SPACE}"  # an interval is never broken over two lines
CI = "[95% CI]"  # in the head of a column
NOT_ALONE = "~"  # before a time that was measured beside other jobs
NONE = "–"  # what stands in a cell without a value
TRIVIAL = "trivial baseline"
SINGLE_SPEAKER = " Single speaker: says nothing about generalisation to other speakers."
BRINGS_WEIGHTS = "brings weights"
ISOLATION_MARKS: dict[str, str] = {
    Isolation.PROCESS: "not isolated",
    Isolation.PREDICTIONS_ONLY: "predictions only",
}


def marks(row: Row, brings_weights: bool) -> list[str]:
    """What stands beside the name of a row: how it was isolated, and what it brought."""
    found = [ISOLATION_MARKS[row.isolation]] if row.isolation in ISOLATION_MARKS else []
    if row.entry == CHANCE:
        return []
    return [*found, BRINGS_WEIGHTS] if brings_weights else found


def about(table: Table, corpus: Corpus, audit: Audit | None, tick: str = "") -> str:
    """The data of a table and its leakage audit; `tick` is put around names."""
    text = (
        f"{corpus.title}. {tick}{table.task}{tick} on {tick}{table.split}{tick}{table.part}:"
        f" {count(table.recordings, 'test recording')},"
        f" {count(table.speakers, 'speaker')}, {count(table.folds, 'fold')}."
    )
    if table.speakers == 1:
        text += SINGLE_SPEAKER
    return f"{text} {audited(audit)}"


def audited(audit: Audit | None) -> str:
    """The outcome of a leakage audit, or that there was none."""
    if audit is None:
        return "No leakage audit."
    if audit.leaks:
        shared = ", ".join(audit.leaks)
        return f"LEAKAGE: test recordings share {shared} with the training or validation data."
    return "Leakage audit passed: no test content found in the training or validation data."


def across(ranking: AcrossTasks) -> str:
    """What average ranks are based on, and how far apart they must be."""
    return (
        f"Average over {len(ranking.blocks)} blocks (a task on a corpus, its first split):"
        f" {', '.join(ranking.blocks)}. Friedman test of equal ranks:"
        f" p = {ranking.friedman_p:.3g}. Average ranks less than"
        f" {ranking.critical_difference:.2f} apart are not significantly different (Nemenyi test)."
        f" Compared are entries that share at least {across_tasks.MIN_TASKS} tasks, over the blocks"
        " where each of them has a row. Scores of different metrics are not averaged."
    )


def about_tiers(table: Table) -> str:
    """How rows were compared, and what can come out of it."""
    smallest = significance.smallest_p(max(table.n_units, 1))
    summed = table.aggregated and table.unit == "recording"
    unit = "group of recordings" if summed else table.unit
    paired = f"{_seeds(table)}Paired by {unit} (n = {table.n_units})"
    if smallest > SIGNIFICANT:
        text = (
            f"{paired}: smallest possible p is {smallest:.3g}, no difference can be significant,"
            " so that there are no tiers."
        )
    elif not any(score.tier for row in table.rows for score in row.scores.values()):
        text = f"{paired}: no two rows could be compared, so that there are no tiers."
    else:
        text = (
            f"{paired}, smallest possible p {smallest:.2g}: a new tier starts at the first row that"
            f" is significantly worse (p ≤ {SIGNIFICANT}) than the best row of the tier."
        )
    texts = max((len(s.texts) for row in table.rows for s in row.scores.values()), default=0)
    if summed:  # what they were aggregated from has sessions, perhaps
        text += " Aggregated results tell no session apart: intervals are not for another session."
    return f"{text} Intervals are over {table.unit}s and {texts} texts." if texts else text


def _seeds(table: Table) -> str:
    """Which seeds are compared, where rows have others as well."""
    if table.shared_seeds is None:
        return ""
    if not table.shared_seeds:
        return "Not compared: there is no seed that all variants have. "
    seeds = ", ".join(map(str, table.shared_seeds))
    return f"Compared by the seeds that all variants have: {seeds}. "


def unscorable(task: Task, table: Table) -> list[str]:
    """A line for each reason for which predictions got the worst possible score."""
    notes = []
    for row in table.rows:
        for metric in task.metrics:
            score = row.scores[metric.id]
            total = score.recordings * row.n_seeds
            notes += [
                f"{title(*row.name)}: worst possible {metric.title}"
                f" for {number} of {total} predictions: {reason}"
                for reason, number in sorted(score.unscorable.items())
            ]
    return notes


def notes(task: Task, table: Table) -> list[str]:
    """What a table does not show by itself: unscorable predictions, results without a row."""
    left_out = (f"not listed: {reason}" for reason in table.left_out)
    return [*unscorable(task, table), *_undefined(task, table), *left_out]


def _undefined(task: Task, table: Table) -> list[str]:
    """A line for each score without a value or an interval, or that is compared by itself."""
    notes = []
    for row in table.rows:
        for metric in task.metrics:
            score = row.scores[metric.id]
            what = f"{title(*row.name)}: {metric.title}"
            if score.undefined:
                missing = "value" if score.value is None else "interval"
                notes.append(f"{what} has no {missing}: {score.undefined}")
            if score.shared_units is not None:
                shared = count(score.shared_units, f"{table.unit}")
                own = "its tier is by these" if score.tier else "too few for a tier"
                notes.append(
                    f"{what} shares {shared} with the other rows: {own}, and it has no part in"
                    " theirs"
                )
    return notes


def verified(row: Row, records: Records) -> str:
    """Who has reproduced a row; nobody has reproduced a row of which only predictions are known."""
    if row.entry == CHANCE or is_oracle(row.entry):
        return NONE
    mark = verification.mark(row.results, records)
    if mark == verification.CLAIMED and row.isolation == Isolation.PREDICTIONS_ONLY:
        return "not verified"
    return mark


def causal(row: Row, target: Signal) -> str:
    """Whether the claim held, where the target has a time to look ahead of."""
    if not row.claims_causal or target.rate is None:
        return NONE
    if row.look_ahead_ms is None:
        return "not testable"
    return "yes" if row.look_ahead_ms <= 1000 / target.rate else f"{row.look_ahead_ms:.0f} ms ahead"


def score(score: Score) -> str:
    """A score with its 95% confidence interval, such as `0.869 [0.843, 0.893]`."""
    if score.value is None or score.low is None or score.high is None:
        return value(score)
    return f"{score.value:.3f} [{score.low:.3f},{NBSP}{score.high:.3f}]"


def score_and_tier(one: Score) -> str:
    """A score with its interval and its own tier, such as `0.869 [0.843, 0.893] (1)`."""
    return f"{score(one)}{NBSP}({one.tier})" if one.tier else score(one)


def gain(gain: Gain | None) -> str:
    """A difference with its interval, such as `+0.120 [+0.051, +0.189]`."""
    if gain is None:
        return NONE
    return f"{gain.value:+.3f} [{gain.low:+.3f},{NBSP}{gain.high:+.3f}]"


def p(gain: Gain | None) -> str:
    return NONE if gain is None or gain.p is None else f"{gain.p:.3g}"


def about_gains(task: Task) -> str:
    """What the gains of a table are over, as a caption."""
    return f"Gain over {task.unprocessed}, which hands its input through, with its 95% interval"


def about_breakdown(breakdown: Breakdown, escaped: Callable[[str], str] = str) -> str:
    """What a breakdown shows, as a caption; `escaped` is for names."""
    gain = f", gain over {escaped(breakdown.over)}," if breakdown.over else ""
    metric = breakdown.metric
    return f"{metric.title} {arrow(metric)}{gain} by {escaped(breakdown.by)}"


def of_breakdown(breakdown: Breakdown, value: float | None) -> str:
    """One value of a breakdown; gains have their sign."""
    if value is None:
        return NONE
    return f"{value:+.3f}" if breakdown.over else f"{value:.3f}"


def value_and_tier(one: Score) -> str:
    """A score without its interval and its own tier, such as `0.869 (1)`."""
    return f"{value(one)}{NBSP}({one.tier})" if one.tier else value(one)


def value(score: Score) -> str:
    """A score without its interval."""
    return "undefined" if score.value is None else f"{score.value:.3f}"


def normalised(score: NormalisedScore | None) -> str:
    """A normalised score with its interval, such as `84% [81%, 88%]`."""
    if score is None:
        return NONE
    return f"{percent(score.value)} [{percent(score.low)},{NBSP}{percent(score.high)}]"


def percent(share: float) -> str:
    return f"{round(100 * share)}%"


def tier(row: Row) -> str:
    return str(row.tier) if row.tier else NONE


def p_best(row: Row) -> str:
    return NONE if row.p_best is None else percent(row.p_best)


def sd_seeds(score: Score) -> str:
    return NONE if score.sd_seeds is None else f"{score.sd_seeds:.4f}"


def parameters(row: Row) -> str:
    return NONE if row.parameters is None else f"{row.parameters:,}"


def fit_time(row: Row) -> str:
    """Seconds, and those of the processor where they are known."""
    if row.fit_seconds is None:
        return NONE
    cpu = "" if row.fit_cpu_seconds is None else f" (CPU {row.fit_cpu_seconds:.1f})"
    return f"{row.fit_seconds:.1f}{cpu}"


def factor(row: Row) -> str:
    """The real-time factor, with a mark where it was not timed alone."""
    if row.real_time_factor is None:
        return NONE
    return f"{'' if row.timed else NOT_ALONE}{row.real_time_factor:.3g}"


def head(metric: Metric, target: Signal) -> str:
    """The column head of a metric: its title, unit and direction."""
    unit = unit_of(metric, target)
    return f"{metric.title}{f' [{unit}]' if unit else ''}{NBSP}{arrow(metric)}"


def short_head(metric: Metric) -> str:
    """The same without the unit, which the page of the task and that of the metrics have."""
    return f"{metric.title}{NBSP}{arrow(metric)}"


def arrow(metric: Metric) -> str:
    return "↑" if metric.better == "higher" else "↓"


def tied(leaders: tuple[Row, ...]) -> str:
    """That other entries share the tier of the best one, or that there are no tiers; else empty."""
    if leaders and not leaders[0].tier:
        return "no tiers"
    return f"+{len(leaders) - 1} tied" if len(leaders) > 1 else ""


def count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 or thing == 'more' else 's'}"
