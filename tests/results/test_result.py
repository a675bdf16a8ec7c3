from pathlib import Path

import pytest

from benchmark.core import Job, UserError
from benchmark.results.result import Cost, Item, Measurement, Record, parse

JOB = Job("toy", "toy.all", "a", "ridge", "default", 0, "d" * 64, "c" * 64)
RECORD = Record(
    **vars(JOB),
    metrics=("m@1",),
    status="good",
    cost=Cost(
        fit_seconds=1.5,
        predict_seconds=0.1,
        signal_seconds=None,
        real_time_factor=None,
        parameters=7,
        peak_memory_mb=80.0,
    ),
    items=(
        Item(
            recording="r",
            speaker="s",
            session="x",
            prediction="0" * 64,
            seconds=0.1,
            measurements={
                "m@1": Measurement(statistics=(0.1 + 0.2, 1.0)),
                "n@1": Measurement(statistics=(-1.0, 1.0), status="floored", reason="silence"),
            },
        ),
    ),
).sealed()


def test_a_record_survives_its_file_to_the_last_bit():
    assert parse(RECORD.dump(), Path("x")) == RECORD
    assert RECORD.job == JOB


def test_one_line_without_what_goes_without_saying():
    assert "\n" not in RECORD.dump()
    assert '"scored"' not in RECORD.dump()
    assert '"floored"' in RECORD.dump()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.replace('"good"', '"great"'), "status"),
        (lambda t: t.replace('"seed":0,', ""), "seed"),
        (lambda t: t.replace('"fit_seconds":1.5', '"fit_seconds":NaN'), "fit_seconds"),
        (lambda t: t.replace('{"task"', '{"trust":1,"task"'), "trust"),
        (lambda t: t[:-5], "the whole"),
    ],
)
def test_what_is_no_record_is_named(change, sentence):
    text = RECORD.dump().replace('"items"', '"items"')
    assert change(text) != text
    with pytest.raises(UserError, match=f"file.json: not a record: .*{sentence}"):
        parse(change(text), Path("file.json"))


def test_the_key_of_a_job_is_a_path_that_says_everything():
    assert str(JOB.key) == "toy/toy.all/a/ridge/default-seed0-ddddddddcccccccc.json"
    assert JOB.corpus == "toy"


def test_a_record_that_was_changed_by_hand_is_refused():
    changed = RECORD.dump().replace('"statistics":[-1.0,1.0]', '"statistics":[9.0,1.0]')
    assert changed != RECORD.dump()
    with pytest.raises(UserError, match="x: not as it was written"):
        parse(changed, Path("x"))
