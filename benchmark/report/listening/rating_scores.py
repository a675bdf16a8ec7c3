"""Mean, standard deviation and interval of what listeners said of each system.

The interval generalises over raters and over recordings: with several raters, the bootstrap draws
both, as the leaderboard does of speakers and texts (`results/bootstrap.py`); with one, it draws
recordings, and says nothing of other raters. Ratings are taken as numbers on an even scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table as Lines

from benchmark.core import Array, Metric
from benchmark.leaderboard import row_scores
from benchmark.leaderboard.tables import MeasuredSeeds, TestSet
from benchmark.report.listening.rating_files import Rating
from benchmark.report.listening.rating_key import LEAST, MOST
from benchmark.results.published import SCORED


@dataclass(frozen=True)
class SystemRating:
    system: str
    mean: float
    sd: float | None  # of single ratings; None of one
    low: float | None  # 95% confidence interval; None where there is one unit only
    high: float | None
    ratings: int
    raters: int
    recordings: int


def _measure(*_: object) -> Array:
    raise TypeError("ratings come from listeners")


MEAN = Metric(
    id="rating.mean@1",
    title="Rating",
    unit="",
    better="higher",
    measure=_measure,
    reduce=lambda sums: np.asarray(sums[..., 0] / sums[..., 1]),
    definition=f"mean rating from {LEAST} to {MOST}",
    source="the definition",
    scale=(float(LEAST), float(MOST)),
)


def scores(ratings: Sequence[Rating]) -> list[SystemRating]:
    """What each system got, the best first."""
    by_system: dict[str, list[Rating]] = {}
    for rating in ratings:
        by_system.setdefault(rating.system, []).append(rating)
    made = [_score(system, rated) for system, rated in by_system.items()]
    return sorted(made, key=lambda score: (-score.mean, score.system))


def _score(system: str, rated: Sequence[Rating]) -> SystemRating:
    values = np.array([rating.value for rating in rated], np.float64)
    raters = tuple(rating.rater for rating in rated)
    recordings = tuple(rating.recording for rating in rated)
    test = TestSet(
        recordings=tuple(f"{rating.rater} {rating.recording}" for rating in rated),
        speakers=raters,
        sessions=raters,
        texts=recordings,
    )
    statistics = np.stack([values, np.ones(len(values))], 1)[None]
    status = np.full((1, len(values)), SCORED, np.uint8)
    found = row_scores.score(MEAN, test, MeasuredSeeds(statistics, status, {}))
    return SystemRating(
        system=system,
        mean=float(values.mean()),
        sd=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        low=found.low,
        high=found.high,
        ratings=len(values),
        raters=len(set(raters)),
        recordings=len(set(recordings)),
    )


def table(found: Sequence[SystemRating]) -> Lines:
    """The scores for a terminal."""
    lines = Lines()
    for name in ("system", "mean [95% CI]", "SD", "ratings", "raters", "recordings"):
        lines.add_column(name, justify="left" if name == "system" else "right")
    for one in found:
        ends = "" if one.low is None else f" [{one.low:.2f}, {one.high:.2f}]"
        sd = "–" if one.sd is None else f"{one.sd:.2f}"
        counts = map(str, (one.ratings, one.raters, one.recordings))
        mean = f"{one.mean:.2f}{ends}"
        lines.add_row(one.system, mean, sd, *counts)
    return lines
