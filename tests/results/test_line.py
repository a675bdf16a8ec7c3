"""One line of published results: its seal, its fields, and sums that fit its recordings."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from benchmark.core import Task
from benchmark.metrics.classification import MACRO_F1
from benchmark.metrics.pearson import PER_RECORDING
from benchmark.results import line
from benchmark.results.columns import BadFile
from benchmark.results.published import from_job
from benchmark.results.result import Item, Measurement
from example_result import RESULT

METRICS = (PER_RECORDING, MACRO_F1)
TASK = Task(*("t", ("x",), "y", ("toy.s",), (), METRICS, ("blind",)), citation="", version="1")


def measured(place):
    matrix = np.zeros(9)
    matrix[place] = 1.0
    return {
        PER_RECORDING.id: Measurement(statistics=(place / 7, 1.0, place / 7, 1.0)),
        MACRO_F1.id: Measurement(statistics=tuple(matrix.tolist())),
    }


JOB = RESULT.model_copy(
    update={
        "metrics": tuple(metric.id for metric in METRICS),
        "environment": {"python": "3.13", "cores": 2},
        "finished": "2026-01-01T00:00:00+00:00",
        "items": tuple(
            Item(
                recording=f"r{place}",
                speaker=f"s{place % 2}",
                session="monday",
                prediction="ab" * 32,
                seconds=0.0,
                measurements=measured(place),
            )
            for place in range(4)
        ),
    }
)
GOOD = from_job(JOB)


def sealed(body):
    text = json.dumps(body, separators=(",", ":"))[:-1]
    return f'{text},"seal":"{hashlib.sha256(text.encode()).hexdigest()}"}}'


def body():
    read = json.loads(line.dump(GOOD, TASK))
    del read["seal"]
    return read


def test_a_line_is_read_back():
    read = line.parse(line.dump(GOOD, TASK))
    assert read.result == GOOD.head
    assert (read.recordings, read.statistics) == (4, GOOD.digest)
    assert read.scores[PER_RECORDING.id] == pytest.approx(1.5 / 7)
    assert line.has_sums_of(read, GOOD)
    assert line.dump(GOOD, TASK) == line.dump(GOOD, TASK)


def test_sums_hold_what_a_score_needs():
    by_unit = line.parse(line.dump(GOOD, TASK)).sums
    assert by_unit[PER_RECORDING.id]["s0 monday"] == pytest.approx([2 / 7, 2.0])
    assert by_unit[MACRO_F1.id]["s1 monday"] == {1: 1.0, 3: 1.0}


def test_a_line_of_a_failed_result():
    failed = from_job(JOB.model_copy(update={"status": "failed", "reason": "x", "items": ()}))
    read = line.parse(line.dump(failed, TASK))
    assert (read.result.reason, read.recordings, read.statistics) == ("x", 0, "")


def test_every_byte_is_under_the_seal():
    text = line.dump(GOOD, TASK)
    for place in range(len(text)):
        changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        with pytest.raises(BadFile):
            line.parse(changed)
    for length in range(len(text)):
        with pytest.raises(BadFile):
            line.parse(text[:length])


def test_a_line_is_of_bounded_length():
    with pytest.raises(BadFile, match=r"longer than 1,000,000 characters"):
        line.parse("{" * 1_000_001)


FIELDS = {
    "task": ("../x", "task: expected a name"),
    "entry": ("Ridge", "entry: expected a name"),
    "variant": ("a" * 65, "variant: expected a name"),
    "split": ("toy", "split: expected CORPUS.SPLIT"),
    "data": ("d" * 63, "data: expected 64 hex digits"),
    "code": ("C" * 64, "code: expected 64 hex digits"),
    "seed": (2**31, r"seed: expected 0 to 2\^31"),
    "fold": ("a/b", "fold: expected a name without a slash"),
    "finished": ("2026-01-01", "finished: expected a time in UTC"),
    "reason": ("x\ny", "a text that no page can show"),
    "isolation": ("x" * 501, "a text that no page can show"),
    "metrics": (["\x1b[0m"], "a text that no page can show"),
    "seal": ("x", "recordings stand in the line"),
    "status": ("great", "not a result: 'result.status'"),
    "aggregated": ("perhaps", "not a result: 'result.aggregated'"),
    "items": ([{}], "not a result: 'result.items.0.recording'"),
    "cost": ({}, "not a result: 'result.cost.fit_seconds'"),
    "probes": ({"look_ahead_ms": "x"}, "not a result: 'result.probes.look_ahead_ms'"),
    "environment": ({"cpu": "\u202e"}, "a text that no page can show"),
    "outcomes": ({"m@1": {"scored": -1}}, "a number that no environment"),
    "schema_version": (3, "not a result: 'result.schema_version'"),
    "setup": (7, "not a result: 'result.setup'"),
    "attempts": (0, "not a result: 'result.attempts'"),
}


def test_a_fold_has_a_name():
    changed = body()
    changed["result"]["fold"] = ""
    with pytest.raises(BadFile, match="fold: expected a name without a slash, found ''"):
        line.parse(sealed(changed))


def test_recordings_do_not_stand_in_a_line():
    changed = body()
    changed["result"]["items"] = json.loads(JOB.dump())["items"]
    with pytest.raises(BadFile, match="recordings stand in the line"):
        line.parse(sealed(changed))


def test_every_field_has_a_case():
    assert FIELDS.keys() == type(RESULT).model_fields.keys()


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_no_page_or_path_can_hold_is_refused(field):
    value, said = FIELDS[field]
    changed = body()
    changed["result"][field] = value
    with pytest.raises(BadFile, match=said):
        line.parse(sealed(changed))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recordings": -1}, "'recordings'"),
        ({"recordings": 2**31}, "'recordings'"),
        ({"statistics": "a" * 63}, "'statistics'"),
        ({"scores": {"m": "high"}}, "'scores.m'"),
        ({"scores": None}, "'scores'"),
        ({"sums": {"m": [1.0]}}, "'sums.m'"),
        ({"trusted": True}, "'trusted'"),
    ],
)
def test_a_line_of_another_form_is_refused(change, said):
    with pytest.raises(BadFile, match=f"not a result: {said}"):
        line.parse(sealed({**body(), **change}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("reason", text) for text in ("\x07", "\u2066", "x" * 501)),
        *(("environment", v) for v in ({"\n": "x"}, {"cpu": "\r"}, {"x" * 501: 1})),
        ("outcomes", {"m@1": {"\x1b": 1}}),
    ],
)
def test_texts_are_printable(field, value):
    changed = body()
    changed["result"][field] = value
    with pytest.raises(BadFile, match="a text that no page can show"):
        line.parse(sealed(changed))


@pytest.mark.parametrize("value", [-1, 2**63])
def test_numbers_of_an_environment_have_64_bits(value):
    changed = body()
    changed["result"]["environment"] = {"cores": value}
    with pytest.raises(BadFile, match="a number that no environment"):
        line.parse(sealed(changed))


def with_sums(change):
    changed = body()
    change(changed["sums"])
    return line.parse(sealed(changed))


R, F1 = PER_RECORDING.id, MACRO_F1.id


@pytest.mark.parametrize(
    "change",
    {
        "another number": lambda s: s[R].update({"s0 monday": [2 / 7 + 1e-6, 2.0]}),
        "more numbers": lambda s: s[R].update({"s0 monday": [2 / 7, 2.0, 2 / 7, 2.0, 0.0]}),
        "a unit less": lambda s: s[R].pop("s0 monday"),
        "a unit more": lambda s: s[R].update({"s2 monday": [0.0, 0.0]}),
        "a unit's other name": lambda s: s[R].update({"s2 monday": s[R].pop("s0 monday")}),
        "a metric less": lambda s: s.pop(F1),
        "a metric more": lambda s: s.update({"m@1": {}}),
        "another cell": lambda s: s[F1].update({"s1 monday": {"1": 1.0, "4": 1.0}}),
        "a cell less": lambda s: s[F1].update({"s1 monday": {"1": 1.0}}),
        "a cell outside": lambda s: s[F1]["s1 monday"].update({"9": 1.0}),
        "a cell before": lambda s: s[F1]["s1 monday"].update({"-1": 1.0}),
    }.values(),
)
def test_other_sums_are_noticed(change):
    assert not line.has_sums_of(with_sums(change), GOOD)


def test_another_number_of_recordings_is_noticed():
    assert not line.has_sums_of(line.parse(sealed({**body(), "recordings": 3})), GOOD)


def test_another_order_of_additions_is_not():
    def change(s):
        s[R]["s0 monday"][0] *= 1 + 1e-12

    assert line.has_sums_of(with_sums(change), GOOD)


def test_a_score_without_value_is_null():
    nothing = replace(
        GOOD.recordings.measured[R],
        statistics=np.zeros((4, 4)),
        status=np.full(4, 2, np.uint8),
    )
    of = replace(GOOD.recordings, measured={**GOOD.recordings.measured, R: nothing})
    text = line.dump(replace(GOOD, recordings=of, digest=of.digest()), TASK)
    assert line.parse(text).scores[R] is None
