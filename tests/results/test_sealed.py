"""Sealed results in their file, and the rule that marks entries."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.metrics import pearson
from benchmark.results.sealed import file, gaps, secrets
from benchmark.results.sealed.file import SealedResult, Sums

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import sealed_gap

SEEDS = 20


def made(**changes: object) -> SealedResult:
    one = sealed_gap.result(sealed_gap.world(1), "one", 0.5)
    return one.model_copy(update=changes)


# The file


def test_results_of_one_slot_replace_each_other(tmp_path: Path) -> None:
    results = tmp_path / "one.json"
    file.merge(results, [made(), made(seed=1), made(secret="1" * 64)])
    file.merge(results, [made(day="2001-01-01")])
    assert file.path(results) == tmp_path / "one.sealed.json"
    days = {(r.seed, r.secret[0]): r.day for r in file.read(results)}
    assert days == {(0, "0"): "2001-01-01", (1, "0"): "2000-01-01", (0, "1"): "2000-01-01"}
    assert file.read(tmp_path / "two.json") == []


def test_what_is_no_result_is_named_with_its_line(tmp_path: Path) -> None:
    results = tmp_path / "one.json"
    path = file.merge(results, [made()])
    path.write_text(path.read_text() + path.read_text().replace('"day"', '"text":"a","day"'))
    with pytest.raises(UserError, match=r"one\.sealed\.json:2: not a sealed result: text: Extra"):
        file.read(results)


def test_a_day_is_one_of_the_calendar(tmp_path: Path) -> None:
    results = tmp_path / "one.json"
    file.merge(results, [made().model_copy(update={"day": "2026-02-30"})])
    with pytest.raises(UserError, match="not a sealed result: day: Value error, day is out of"):
        file.read(results)


def test_secrets_are_announced_once_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "submissions").mkdir()
    assert secrets.read(tmp_path) == ()
    for digit, day in (("2", "2026-01-01"), ("1", "2026-01-02")):
        assert secrets.announce(tmp_path, digit * 64, day)
        assert not secrets.announce(tmp_path, digit * 64, day)
    assert [one.secret[0] for one in secrets.read(tmp_path)] == ["2", "1"]
    path = tmp_path / secrets.FILE
    path.write_text(path.read_text().replace("1" * 64, "2" * 64))
    with pytest.raises(UserError, match="announced twice"):
        secrets.read(tmp_path)


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    for place in ("one.sealed.json", secrets.FILE):
        (tmp_path / place).mkdir(parents=True)
    with pytest.raises(UserError, match=r"one\.sealed\.json: expected a file"):
        file.read(tmp_path / "one.json")
    with pytest.raises(UserError, match=r"secrets\.json: expected a list"):
        secrets.read(tmp_path)


def test_a_secret_that_can_be_guessed_is_refused() -> None:
    for secret, found in ((b"password", "8 and 7"), (b"0" * 64, "64 and 1")):
        with pytest.raises(UserError, match=f"expected 32 bytes or more, .* found {found}"):
            file.secret_digest(secret)
    one, other = (file.secret_digest(bytes(range(n, n + 32))) for n in range(2))
    assert one != other
    assert len(one) == 64


# The rule


@pytest.mark.parametrize("lookup", sealed_gap.LOOKUPS)
def test_a_lookup_entry_is_unmasked_in_every_test_and_honest_ones_hardly_ever(
    lookup: str,
) -> None:
    found = [sealed_gap.marked(seed, 8, sealed_gap.LOOKUPS[lookup]) for seed in range(SEEDS)]
    unmasked = sum(each["lookup"] for each in found)
    wrong = sum(any(v for k, v in each.items() if k != "lookup") for each in found)
    assert unmasked == SEEDS if "all" in lookup else unmasked >= 0.6 * SEEDS
    assert wrong <= 1


def test_honest_entries_alone_are_hardly_ever_marked() -> None:
    assert sum(any(sealed_gap.marked(s, 8, None).values()) for s in range(SEEDS)) <= 1


def test_a_sealed_test_that_is_harder_for_all_marks_nobody() -> None:
    sealed = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    public = 0.1 + 1.3 * sealed + np.array([0.01, -0.01, 0.01, -0.01, 0.01, -0.01])
    draws = np.random.default_rng(0).normal(0, 0.005, (2, 6, 50))
    above, limits = gaps.excess(
        public, sealed, public[:, None] + draws[0], sealed[:, None] + draws[1]
    )
    assert above is not None
    assert limits is not None
    assert (above < limits).all()
    public[4] = 1.2
    above, limits = gaps.excess(
        public, sealed, public[:, None] + draws[0], sealed[:, None] + draws[1]
    )
    assert above is not None
    assert limits is not None
    assert [*(above > limits)] == [False, False, False, False, True, False]
    assert above[4] == pytest.approx(1.2 - 0.1 - 1.3 * 0.5, abs=0.03)


def test_a_low_sealed_score_is_held_against_the_middle_of_the_others() -> None:
    """Where the line ends, one odd entry far away says what is normal, and that is little."""
    sealed = np.array([-1.0, 0.08, 0.18, 0.38, 0.42, -1.0])
    public = np.array([-1.0, -0.02, 0.13, 0.46, 0.6, 1.0])
    draws = np.random.default_rng(0).normal(0, 0.02, (2, 6, 50))
    above, limits = gaps.excess(
        public, sealed, public[:, None] + draws[0], sealed[:, None] + draws[1]
    )
    assert above is not None
    assert limits is not None
    assert [*(above > limits)] == [False] * 5 + [True]
    assert above[5] == pytest.approx(1.0 - 0.13, abs=0.1)


def test_too_few_entries_explain_nothing() -> None:
    here = sealed_gap.world(0)
    few = {
        (f"e{k}", "default"): [sealed_gap.result(here, f"e{k}", 0.5 + 0.1 * k)] for k in range(4)
    }
    found = gaps.gaps(sealed_gap.METRIC, few)
    assert len(found) == 4
    assert all(gap.limit is None and not gap.marked for gap in found.values())


def test_the_gap_is_public_against_sealed_in_the_direction_of_the_metric() -> None:
    def result(public: float, sealed: float) -> SealedResult:
        part = {
            name: {
                pearson.PER_RECORDING.id: Sums(
                    by_talker={f"t{k}": (4 * (value + 0.01 * k), 4.0) for k in range(-2, 3)},
                    recordings=20,
                )
            }
            for name, value in (("public", public), ("sealed", sealed))
        }
        return made(**part)

    found = gaps.gaps(
        pearson.PER_RECORDING, {("a", "default"): [result(0.8, 0.5), result(0.6, 0.5)]}
    )
    gap = found["a", "default"]
    assert gap.public == pytest.approx(0.7)
    assert gap.sealed == pytest.approx(0.5)
    assert gap.low < 0.2 < gap.high
    assert gap.high - gap.low < 0.1
    assert gap.seeds == 2


def test_an_entry_without_a_value_or_with_other_talkers_is_left_out() -> None:
    here = sealed_gap.world(0)
    results = {(f"e{k}", "default"): [sealed_gap.result(here, f"e{k}", 0.5)] for k in range(3)}
    empty = {sealed_gap.METRIC.id: Sums(by_talker={}, recordings=0)}
    results["none", "default"] = [made(sealed=empty)]
    odd = made().sealed[sealed_gap.METRIC.id].by_talker
    named = {
        sealed_gap.METRIC.id: Sums(by_talker={f"x{k}": v for k, v in odd.items()}, recordings=1)
    }
    results["odd", "default"] = [made(sealed=named)]
    assert {name for name, _ in gaps.gaps(sealed_gap.METRIC, results)} == {"e0", "e1", "e2"}
