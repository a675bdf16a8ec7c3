"""Streams of one recording last equally long, and as long as its span says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmark.core import Checks, Recording, Signal
from benchmark.data.checks.problems import Problem

ROUNDING = 1e-6  # seconds
ADVICE = (
    "get the files of the recording again, look at the rate, or declare `slack` or `slacks` in "
    "Checks"
)


def problems(
    recording: Recording,
    signals: Mapping[str, Signal],
    lengths: Mapping[str, int],
    checks: Checks,
) -> Iterator[tuple[str, Problem]]:
    """Signals whose length does not fit the others, each with its name.

    `lengths` are those of the arrays in time steps. Seconds are compared with the span of the
    recording where there is one, else with the stream whose length is the middle one; they may
    differ by the slack of the corpus and one time step.
    """
    seconds = {
        name: count / rate
        for name, count in lengths.items()
        if (rate := signals[name].rate) and not signals[name].free
    }
    if not seconds:
        return
    if recording.span is not None:
        whole, of = recording.span[1] - recording.span[0], ""
        reference = f"{whole:.3f} s, as its span says"
    else:
        of = sorted(seconds, key=lambda name: seconds[name])[(len(seconds) - 1) // 2]
        whole = seconds[of]
        reference = f"{whole:.3f} s, as {of} lasts"
    for name, found in seconds.items():
        steps = (1 / rate for each in (name, of) if each and (rate := signals[each].rate))
        slack = max(steps) + max(
            checks.slacks.get(each, checks.slack) for each in (name, of) if each
        )
        if abs(found - whole) > slack + ROUNDING:
            expected = f"{reference}, give or take {slack:.3f} s"
            yield name, Problem("length", expected, f"{found:.3f} s", ADVICE)
