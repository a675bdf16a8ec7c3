"""Damaged files are refused by name, doubted by name, or change nothing a score is computed from.

Before `data prepare` nobody has seen the files: only what they say of each other can tell. What no
check sees then is in UNSEEN, with the reason: of some nothing could tell, of others (SHORT, BRIEF,
BETWEEN, vocalised takes) these checks do not. After `data prepare` its checksums name every changed
file that a reader opens.
"""

import random
from collections import Counter
from pathlib import Path

import pytest
from damage import Bench, write_miniature

from benchmark import registry
from parts import needs

NEEDS = {"silentwear": "pynwb", "dutch_words": "pynwb", "tal": "cv2", "ssc2010": "cv2"}
# Cases of each corpus that are tried: all of the small ones, of the others some, by lot.
CASES = {
    "csl_emg_array": 115,
    "dutch_words": 10,
    "emg_uka_trial": 70,
    "gaddy2020": 45,
    "nexus_silent_speech": 25,
    "silentwear": 11,
    "simulated": 25,
    "spire_ema": 40,
    "ssc2010": 17,
    "subvocalization_emg": 33,
    "tal": 40,
    "vocalmind": 20,
}
TAKES = "takes of one word, of which nothing but the file's name tells one from the other"
SHORT = "recordings of 1.5 s, too short and too few to learn how their streams belong together"
BRIEF = "half a second; sound and EMG of the corpus itself differ by up to 0.3 s"
BETWEEN = "half a second of EMG between utterances, of which a filter sees the end"
UNSEEN = {
    ("csl_emg_array", "cut", "Eval1_0050_"): BRIEF,
    ("csl_emg_array", "halved rate", "Eval1_0050_"): BRIEF,
    ("csl_emg_array", "halved rate", "Initial_0061_"): BRIEF,
    ("csl_emg_array", "swapped", "Spk1-Sil_"): "silent speech: nothing to hear goes with the EMG",
    ("csl_emg_array", "swapped", "Spk2_Block3-Eval1_"): SHORT,
    ("gaddy2020", "shifted", "5_emg.npy"): BETWEEN,
    ("gaddy2020", "duplicated", "5_emg.npy"): BETWEEN,
    ("gaddy2020", "swapped", "5_emg.npy"): BETWEEN,
    ("silentwear", "swapped", "sess_"): "a table names session and batch, and no speaker",
    ("spire_ema", "shifted", "0043.wav"): SHORT,
    ("spire_ema", "swapped", "s01"): SHORT,
    ("tal", "shifted", "004_sil."): "silent speech: nothing to hear, and hardly more to see",
    ("tal", "duplicated", ".ult"): SHORT,
    ("vocalmind", "swapped", "Audio_"): TAKES,
    ("vocalmind", "swapped", "Imagined_"): TAKES,
    ("vocalmind", "swapped", "Mimed_"): TAKES,
    ("vocalmind", "swapped", "Vocalized_"): TAKES,
}
UNREAD = ("Thumbs.db",)  # litter that no reader opens


def reason(case):
    for (corpus, kind, part), why in UNSEEN.items():
        if (corpus, kind) == (case.corpus, case.kind) and part in Path(case.file).name:
            return why
    return None


def test_every_corpus_with_a_miniature_is_damaged_and_there_are_enough_cases():
    assert set(CASES) == set(registry.fixtures())
    assert sum(CASES.values()) >= 400


@pytest.mark.parametrize("name", CASES)
def test_damage_is_named_or_changes_nothing(name, tmp_path):
    if name in NEEDS:
        needs(NEEDS[name])
    write_miniature(name, tmp_path / name)
    bench = Bench(registry.corpora()[name], tmp_path / name)
    assert bench.problems == []
    cases = list(bench.cases())
    random.Random(f"damage {name}").shuffle(cases)
    counts: Counter[str] = Counter()
    for case in cases:
        if counts.total() == CASES[name]:
            break
        verdict = bench.look(case)
        if verdict is None:
            continue
        counts[verdict.by] += 1
        # Before `data prepare`:
        assert verdict.by != "silent" or reason(case), (case, verdict.said)
        assert verdict.said or verdict.by == "harmless", case
        # After it:
        seen, name_of_it = " ".join(verdict.after), Path(case.file).name
        where = Path(case.file).parent.name  # of a file with a new name
        is_named = name_of_it in seen or (case.kind == "renamed" and where in seen)
        assert is_named or name_of_it in UNREAD, (case, seen)
    assert counts.total() == CASES[name]
