"""Damaged files are refused by name, or change nothing that a score is computed from.

What no look at a file can tell is named here and in docs/design.md. Checksums that `data prepare`
stored before the damage see all of it.
"""

from collections import Counter

import pytest
from damage import Bench

from benchmark import registry
from parts import needs

# Sound moved against muscles, or exchanged with sound that lasts as long, is as sound as before.
UNSEEN = {"shifted", "swapped"}
NEEDS = {"silentwear": "pynwb", "tal": "cv2", "ssc2010": "cv2"}
CORPORA = ("csl_emg_array", "emg_uka_trial", "nexus_silent_speech", "spire_ema", "ssc2010")
KNOWN = {
    # The reader cuts sound out where the movement says that it lies, in whatever file is there.
    ("spire_ema", "stretched"),
    ("spire_ema", "duplicated"),
    # One picture, or one list of texts, in the place of another of its kind.
    ("ssc2010", "duplicated"),
}


@pytest.mark.parametrize("name", CORPORA)
def test_damage_is_refused_by_name_or_changes_nothing(name, tmp_path):
    if name in NEEDS:
        needs(NEEDS[name])
    registry.fixtures()[name](tmp_path / name)
    bench = Bench(registry.corpora()[name], tmp_path / name)
    assert bench.problems == []
    counts: Counter[str] = Counter()
    silent = {}
    for case in bench.cases():
        if verdict := bench.look(case):
            counts[verdict.by] += 1
            assert verdict.after, case
            assert verdict.said or verdict.by == "harmless", case
            if verdict.by == "silent":
                silent[case] = verdict.said
    assert counts.total() > 15
    wrong = {c: s for c, s in silent.items() if (name, c.kind) not in KNOWN}
    assert {c: s for c, s in wrong.items() if c.kind not in UNSEEN} == {}
