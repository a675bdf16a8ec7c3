"""Records of what was reproduced: they hold for one result, and only as it is."""

import json
import re

import pytest

from benchmark.core import UserError
from benchmark.leaderboard import verification
from benchmark.results.published import from_job
from benchmark.results.result import Measurement
from example_result import RESULT as JOB_RESULT

RESULT = from_job(JOB_RESULT)


def other(**changes):
    return from_job(JOB_RESULT.model_copy(update=changes))


def measured(**changes):
    (item,) = JOB_RESULT.items
    forged = {**item.measurements, "m@1": Measurement(**changes)}
    return other(items=(item.model_copy(update={"measurements": forged}),))


OTHER = [
    *(other(**{name: "x"}) for name in ("entry", "task", "split", "fold", "variant")),
    *(other(**{name: "x"}) for name in ("data", "code")),
    other(seed=1),
    other(setup="cuda"),
    other(metrics=("m@1", "n@1")),
    other(status="failed", items=()),
    other(aggregated=True),
    measured(statistics=(0.3, 1.0)),
    measured(statistics=(0.1 + 0.2, 1.0), status="floored"),
    measured(statistics=(0.1 + 0.2, 1.0), status="floored", reason="x"),
    *(
        other(items=(JOB_RESULT.items[0].model_copy(update={name: "1" * 64}),))
        for name in ("recording", "speaker", "session", "prediction")
    ),
]


def test_a_record_is_of_one_result_as_it_is(tmp_path):
    assert verification.read(tmp_path) == {}
    assert verification.add(tmp_path, [(RESULT, "bit-equal")], "CI") == 1
    records = verification.read(tmp_path)
    assert verification.mark([RESULT], records) == "CI"
    for changed in OTHER:
        assert verification.mark([changed], records) == "claimed"
    again = other(cost=None, environment={"cpu": "x"}, finished="2026-01-01")  # run once more
    assert verification.mark([again], records) == "CI"


def test_a_record_of_a_failure_is_of_that_failure(tmp_path):
    verification.add(tmp_path, [(other(status="failed", items=()), "bit-equal")], "CI")
    records = verification.read(tmp_path)
    assert verification.mark([other(status="timed out", items=())], records) == "claimed"


def test_a_row_that_is_verified_in_part_says_how_much(tmp_path):
    one, two, three = RESULT, other(seed=1), other(seed=2)
    verification.add(tmp_path, [(one, "within tolerance")], "CI")
    assert verification.mark([one, two, three], verification.read(tmp_path)) == "CI, 1 of 3"
    verification.add(tmp_path, [(two, "bit-equal"), (one, "bit-equal")], "maintainer")
    assert verification.mark([one, two], verification.read(tmp_path)) == "maintainer"
    verification.add(tmp_path, [(three, "bit-equal"), (one, "bit-equal")], "CI")
    found = verification.mark([one, two, three], verification.read(tmp_path))
    assert found == "CI, 1 of 3; maintainer, 2 of 3"


def test_records_stand_one_a_line_in_one_order(tmp_path):
    both = [(RESULT, "bit-equal"), (other(seed=1), "bit-equal")]
    texts = set()
    for name, order in (("a", both), ("b", both[::-1])):
        for each in order:
            verification.add(tmp_path / name, [each], "CI")
        texts.add((tmp_path / name / verification.FILE).read_text())
    (text,) = texts
    assert len(text.splitlines()) == 4
    assert len(json.loads(text)["records"]) == 2


GOOD = {"by": "CI", "date": "2026-01-31", "how": "bit-equal"}
BAD = {
    "not JSON": "{",
    "a list": "[]",
    "no digest": json.dumps({"records": {"x": GOOD}}),
    "a digest and a line": json.dumps({"records": {"0" * 64 + "\n": GOOD}}),
    "no record": json.dumps({"records": {"0" * 64: None}}),
    "another person": json.dumps({"records": {"0" * 64: {**GOOD, "by": "me"}}}),
    "another way": json.dumps({"records": {"0" * 64: {**GOOD, "how": "by eye"}}}),
    "no date": json.dumps({"records": {"0" * 64: {**GOOD, "date": "<b>today</b>"}}}),
    "more fields": json.dumps({"records": {"0" * 64: {**GOOD, "note": "x"}}}),
    "a later schema": json.dumps({"schema_version": 2, "records": {}}),
    "not UTF-8": b"\xff\xfe",
    "half a pair": '{"records": {"\\ud800": 1}}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_file_that_is_something_else_is_refused(tmp_path, content):
    path = tmp_path / verification.FILE
    path.parent.mkdir()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=re.escape(f"{path}: ")):
        verification.read(tmp_path)


def test_a_link_a_folder_and_a_long_file_are_refused(tmp_path, monkeypatch):
    path = tmp_path / verification.FILE
    path.parent.mkdir()
    (tmp_path / "other.json").write_text(json.dumps({"records": {}}))
    path.symlink_to(tmp_path / "other.json")
    with pytest.raises(UserError, match="must be a file"):
        verification.read(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(UserError, match="must be a file"):
        verification.read(tmp_path)
    path.rmdir()
    monkeypatch.setattr(verification, "LARGEST", 10)
    path.write_text(json.dumps({"records": {}}))
    with pytest.raises(UserError, match="longer than 10 bytes"):
        verification.read(tmp_path)
