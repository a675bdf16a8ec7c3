"""A result in columns: nothing that is published is lost, and its digest covers all of it."""

from dataclasses import replace

import numpy as np
import pytest

from benchmark.metrics.pearson import PER_RECORDING
from benchmark.results import aggregation, published
from benchmark.results.published import Measured, from_job, to_job
from benchmark.results.result import Item, JobResult, Measurement
from example_result import RESULT

M, N = "m@1", "n@1"


def item(name, speaker, first, second):
    return Item(
        recording=name,
        speaker=speaker,
        session="monday",
        prediction="ab" * 32 if name != "r0" else "",
        seconds=0.5,
        measurements={M: first, N: second},
    )


ITEMS = (
    item("r2", "b", Measurement(statistics=(0.5, 1.0)), Measurement(statistics=(3.0, 1.0))),
    item(
        *("r0", "a", Measurement(statistics=(0.1 + 0.2, 1.0))),
        Measurement(statistics=(), status="left out", reason="target: silence"),
    ),
    item(
        *("r1", "a", Measurement(statistics=(0.25, 1.0))),
        Measurement(statistics=(-1.0, 1.0), status="floored", reason="a constant"),
    ),
)
WHOLE = RESULT.model_copy(update={"metrics": (M, N), "items": ITEMS}).sealed()


def test_a_result_comes_back_but_for_the_time_of_each_prediction():
    items = sorted(ITEMS, key=lambda i: i.recording)
    expected = tuple(i.model_copy(update={"seconds": 0.0}) for i in items)
    assert to_job(from_job(WHOLE)) == WHOLE.model_copy(update={"items": expected}).sealed()


def test_recordings_stand_in_the_order_of_their_ids():
    of = from_job(WHOLE).recordings
    assert (of.names, of.speakers) == (("r0", "r1", "r2"), ("a", "a", "b"))
    assert of.measured[M].statistics[:, 0].tolist() == [0.1 + 0.2, 0.25, 0.5]
    shuffled = WHOLE.model_copy(update={"items": ITEMS[::-1]})
    assert from_job(shuffled).digest == from_job(WHOLE).digest


def test_the_head_has_everything_but_recordings():
    head = from_job(WHOLE).head
    assert head == WHOLE.model_copy(update={"items": (), "seal": ""})
    assert from_job(WHOLE).slot == WHOLE.slot


def test_what_is_left_out_counts_as_nothing():
    measured = from_job(WHOLE).recordings.measured[N]
    assert measured.status.tolist() == [published.LEFT_OUT, published.FLOORED, published.SCORED]
    assert measured.counted.tolist() == [False, True, True]
    assert measured.statistics[0].tolist() == [0.0, 0.0]
    assert [measured.reason(i) for i in range(3)] == ["target: silence", "a constant", ""]


def test_statistics_for_breakdowns_have_the_digits_of_float32():
    long = Measurement(statistics=(1 / 3, 1 / 3, 1 / 3))
    items = tuple(i.model_copy(update={"measurements": {M: long}}) for i in ITEMS)
    made = from_job(WHOLE.model_copy(update={"items": items, "metrics": (M,)}))
    assert made.recordings.measured[M].statistics[0].tolist() == [1 / 3, 1 / 3, np.float32(1 / 3)]
    assert from_job(to_job(made)).digest == made.digest


def test_a_failed_result_has_no_recordings():
    failed = WHOLE.model_copy(update={"items": (), "status": "failed", "reason": "lost"})
    made = from_job(failed)
    assert (made.digest, made.recordings.names) == ("", ())
    assert to_job(made) == failed.sealed()


def test_sums_are_by_speaker_and_session():
    totals = published.sums(from_job(WHOLE))
    assert {unit: v.tolist() for unit, v in totals[N].items()} == {
        "a monday": [-1.0, 1.0],
        "b monday": [3.0, 1.0],
    }


def test_a_score_is_that_of_what_counts():
    metric = replace(PER_RECORDING, id=N)
    assert published.score(metric, from_job(WHOLE)) == 1.0  # of -1 and 3
    assert published.score(PER_RECORDING, from_job(WHOLE)) is None  # not measured
    gone = replace(
        from_job(WHOLE).recordings.measured[N], status=np.full(3, published.LEFT_OUT, np.uint8)
    )
    made = from_job(WHOLE)
    of = replace(made.recordings, measured={N: gone})
    assert published.score(metric, replace(made, recordings=of)) is None


def changed(field):
    """The recordings of WHOLE with one thing changed."""
    of = from_job(WHOLE).recordings
    m = of.measured[N]
    statistics, status, predictions = m.statistics.copy(), m.status.copy(), of.predictions.copy()
    statistics[2, 0] = np.nextafter(3.0, 4.0)
    status[2] = published.FLOORED
    predictions[1, 31] += 1
    made = {
        "names": replace(of, names=("r0", "r1", "r3")),
        "names apart": replace(of, names=("r0", "r1", 'r2", "')),
        "speakers": replace(of, speakers=("a", "b", "b")),
        "sessions": replace(of, sessions=("monday", "monday", "")),
        "predictions": replace(of, predictions=predictions),
        "statistics": replace(of, measured={**of.measured, N: replace(m, statistics=statistics)}),
        "width": replace(
            of,
            measured={**of.measured, N: replace(m, statistics=m.statistics.reshape(2, 3))},
        ),
        "status": replace(of, measured={**of.measured, N: replace(m, status=status)}),
        "reasons": replace(
            of, measured={**of.measured, N: replace(m, reasons=("target: silence", "b", ""))}
        ),
        "no reasons": replace(of, measured={**of.measured, N: replace(m, reasons=())}),
        "metric": replace(of, measured={M: of.measured[M], "n@2": m}),
        "metrics": replace(of, measured={M: of.measured[M]}),
        "order of metrics": replace(of, measured={N: m, M: of.measured[M]}),
    }
    return made if field is None else made[field]


@pytest.mark.parametrize("field", changed(None))
def test_the_digest_covers(field):
    assert changed(field).digest() != from_job(WHOLE).digest


def test_the_digest_does_not_depend_on_the_memory_layout():
    of = from_job(WHOLE).recordings
    other = {
        name: Measured(np.asfortranarray(m.statistics).astype(">f8"), m.status, m.reasons)
        for name, m in of.measured.items()
    }
    assert replace(of, measured=other).digest() == of.digest()


def test_an_aggregated_result_comes_back():
    items = tuple(
        i.model_copy(update={"recording": f"r{n}", "speaker": "a"})
        for n, i in enumerate(ITEMS[:1] * 10)
    )
    grouped = aggregation.aggregated(WHOLE.model_copy(update={"items": items}), b"salt")
    made = from_job(grouped)
    back = to_job(made)
    assert isinstance(back, JobResult)
    assert back.aggregated
    assert made.recordings.names == ("a group 1", "a group 2")
    assert not made.recordings.predictions.any()
    assert [i.prediction for i in back.items] == ["", ""]
    assert from_job(back).digest == made.digest
