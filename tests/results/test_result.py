from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.core import UserError
from benchmark.results.result import parse
from example_result import JOB, RESULT


def test_a_result_survives_its_file_to_the_last_bit():
    assert parse(RESULT.dump(), Path("x")) == RESULT
    assert RESULT.job == JOB


def test_one_line_without_default_values():
    assert "\n" not in RESULT.dump()
    assert '"scored"' not in RESULT.dump()
    assert '"floored"' in RESULT.dump()


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
def test_a_broken_result_is_refused_with_file_and_field(change, sentence):
    text = RESULT.dump().replace('"items"', '"items"')
    assert change(text) != text
    with pytest.raises(UserError, match=f"file.json: not a result: .*{sentence}"):
        parse(change(text), Path("file.json"))


def test_the_key_of_a_job_is_a_path_that_identifies_it():
    assert str(JOB.key) == "toy/toy.all/a/ridge/default-seed0-ddddddddcccccccc.json"
    assert JOB.corpus == "toy"
    fast = replace(JOB, setup="cuda fast").key
    assert fast.name == "default-seed0-ddddddddcccccccc-cuda-fast.json"


def test_a_setup_is_part_of_a_result_and_no_setup_is_not_written():
    fast = RESULT.model_copy(update={"setup": "fast"}).sealed()
    assert parse(fast.dump(), Path("x")).job == replace(JOB, setup="fast")
    assert "setup" not in RESULT.dump()  # so that earlier results keep their seals
    with pytest.raises(UserError, match="not a result: setup"):
        parse(fast.dump().replace('"fast"', '"../x"'), Path("x"))


def test_a_result_edited_by_hand_is_refused():
    changed = RESULT.dump().replace('"statistics":[-1.0,1.0]', '"statistics":[9.0,1.0]')
    assert changed != RESULT.dump()
    with pytest.raises(UserError, match="x: changed after it was written"):
        parse(changed, Path("x"))
