"""Write the splits: fixed lists of recordings under tasks/splits/. The output is reproducible.

    python tools/make_splits.py [--data FOLDER]

Splits of a corpus that is not installed are left unchanged, but for those that are patterns.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmark.core import Calibration, Fold, Recording
from benchmark.corpora import gaddy2020, vocalmind
from benchmark.corpora.calibration import calibrated
from benchmark.data import splits
from benchmark.registry import corpora

ROOT = Path(__file__).resolve().parent.parent
SPLITS = ROOT / "tasks" / "splits"
SPEAKERS_IN_SMOKE = ("t1", "t2")
REPETITIONS = (0, 1, 2, 5, 20)  # of each word of a new session, of 50

Entries = Iterable[Mapping[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    data = parser.parse_args().data
    for make in (embedded, somach):
        corpus = corpora()[make.__name__]
        folder = corpus.locate(data)
        if folder is None:
            print(f"{corpus.name}: not under {data}, its splits are left unchanged")
        else:
            make(folder, corpus.recordings(folder))
    gaddy2020_silent()
    vocalmind_words()


def embedded(folder: Path, recordings: list[Recording]) -> None:
    """Sentences by pool of texts, words by speaker; mixtures follow their clean sentence."""
    entries = json.loads((folder / "manifest.json").read_text("utf-8"))["recordings"]
    mixtures = json.loads((folder / "mixtures.json").read_text("utf-8"))
    sentences = [entry for entry in entries if entry["kind"] == "sentence"]
    words = [entry for entry in entries if entry["kind"] == "word"]
    pool_of = {entry["id"]: entry["pool"] for entry in sentences}
    speakers = sorted({entry["talker"] for entry in entries})

    def by_pool(chosen: Entries) -> Fold:
        return _fold(chosen, lambda entry: entry["pool"])

    def by_repetition(chosen: Entries) -> Fold:
        return _fold(chosen, lambda entry: _repetition_role(entry["repetition"]))

    mixed = [{**m, "pool": pool_of[m["clean"]], "talker": m["clean"][:2]} for m in mixtures]
    _write(
        "embedded.new_sentences",
        "All talkers together; no test sentence has a text that was trained on.",
        ["text"],
        {"all": by_pool(sentences)},
    )
    _write(
        "embedded.new_mixtures",
        "Mixtures of all talkers; new sentences in unheard noises at SNRs not trained on.",
        ["text"],
        {"all": by_pool(mixed)},
    )
    _write(
        "embedded.each_talker",
        "One fold a talker, since electrodes differ; new sentences of the same talker.",
        ["text"],
        {speaker: by_pool(e for e in sentences if e["talker"] == speaker) for speaker in speakers},
    )
    _write(
        "embedded.new_talkers",
        "Two talkers test in each fold and one chooses; nothing of them is trained on.",
        ["session", "speaker"],
        dict(_pairs(recordings, {entry["id"] for entry in words})),
    )
    few = [s for speaker in SPEAKERS_IN_SMOKE for s in _some(sentences, speaker, 6, 2, 3)]
    some = [m for speaker in SPEAKERS_IN_SMOKE for m in _some(mixed, speaker, 12, 2, 4)]
    first = [entry for entry in words if entry["talker"] == SPEAKERS_IN_SMOKE[0]]
    small = "A few recordings, to see in a minute that everything runs; its scores mean nothing."
    _write("embedded.smoke_sentences", small, ["text"], {"all": by_pool(few)})
    _write("embedded.smoke_mixtures", small, ["text"], {"all": by_pool(some)})
    one = by_pool(e for e in few if e["talker"] == SPEAKERS_IN_SMOKE[0])
    _write("embedded.smoke_talkers", small, ["text"], {SPEAKERS_IN_SMOKE[0]: one})
    _write("embedded.smoke_words", small, [], {"all": by_repetition(first)})


def _repetition_role(number: int) -> str:
    return "train" if number <= 5 else "valid" if number == 6 else "test"


def _fold(entries: Entries, role_of: Callable[[Mapping[str, Any]], str]) -> Fold:
    roles: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for entry in entries:
        roles[role_of(entry)].append(entry["id"])
    return Fold(**{role: tuple(ids) for role, ids in roles.items()})


def _pairs(recordings: list[Recording], words: set[str]) -> Iterator[tuple[str, Fold]]:
    """Folds with two neighbouring speakers as test and the next one as validation set."""
    chosen = [recording for recording in recordings if recording.id in words]
    speakers = sorted({recording.speaker for recording in chosen})
    for first in range(0, len(speakers), 2):
        test = speakers[first : first + 2]
        valid = [speakers[(first + 2) % len(speakers)]]
        yield "-".join(test), splits.by_group(chosen, "speaker", valid, test)


def _some(entries: Entries, speaker: str, train: int, valid: int, test: int) -> Entries:
    """The first few entries of one speaker in each pool."""
    left = {"train": train, "valid": valid, "test": test}
    for entry in entries:
        if entry["talker"] == speaker and left[entry["pool"]] > 0:
            left[entry["pool"]] -= 1
            yield entry


def somach(_folder: Path, recordings: list[Recording]) -> None:
    """Recordings must be in order of time within a session."""
    sessions = {r.session: [x.id for x in recordings if x.session == r.session] for r in recordings}
    _write(
        "somach.within_session",
        "One fold a session: its last 20 % in time test, the 10 % before them choose.",
        [],
        {s: splits.contiguous(ids, valid=0.1, test=0.2) for s, ids in sorted(sessions.items())},
    )
    _write(
        "somach.across_sessions",
        "One fold a session (one study, one mode of speaking); nothing of it is trained on.",
        ["session"],
        splits.leave_one_out(recordings, "session"),
    )
    for name, rule in calibrated("session", REPETITIONS).items():
        folds = rule.folds(recordings)
        _write(f"somach.{name}", rule.about, rule.disjoint, folds, rule.calibration)


def gaddy2020_silent() -> None:
    """Open vocabulary from silent EMG, by the authors' lists: patterns, so no data are needed.

    As `read_emg.py` of github.com/dgaddy/silent_speech has it: sentences of both lists train in
    neither way of speaking, and with silent speech among the data only that is tested.
    """
    lists = json.loads(gaddy2020.LISTS.read_text("utf-8"))

    def said(kind: str, role: str) -> tuple[str, ...]:
        return tuple(f"{kind}*-{lists['book']}-{number:04d}" for number in lists[role])

    left_out = ("!*+*", *(f"!{one}" for role in ("valid", "test") for one in said("", role)))
    aloud = ("voiced-*", "nonparallel-*")
    for name, about, train, valid in (
        (
            "silent_and_voiced",
            "Trained on silent and voiced speech, as the authors do; silent speech validates",
            ("silent-*", *aloud),
            "silent-",
        ),
        (
            "silent_official",
            "Trained and validated on silent speech alone",
            ("silent-*",),
            "silent-",
        ),
        (
            "voiced_to_silent",
            "Trained and validated on what was said aloud, so that nothing silent is seen",
            aloud,
            "voiced-",
        ),
    ):
        fold = Fold((*train, *left_out), said(valid, "valid"), said("silent-", "test"))
        _write(
            f"gaddy2020.{name}",
            f"{about}. Tested on silent speech, by the authors' lists of 200 sentences to validate "
            "and 99 to test, which train neither silent nor aloud.",
            ["text"],
            {"official": fold},
        )


def vocalmind_words() -> None:
    """Four words test in each of five folds, the next four validate: patterns, as above."""
    words = vocalmind.WORDS
    groups = [
        tuple(f"vocalized-{word}-*" for word in words[first : first + 4])
        for first in range(0, len(words), 4)
    ]
    folds = {}
    for k, test in enumerate(groups):
        valid = groups[(k + 1) % len(groups)]
        rest = [one for group in groups if group not in (test, valid) for one in group]
        folds[f"words{k + 1}"] = Fold(tuple(rest), valid, test)
    _write(
        "vocalmind.new_words",
        "What was said aloud; four words test in each fold and four choose. The rule is ours.",
        ["text"],
        folds,
    )


def _write(
    name: str,
    about: str,
    disjoint: Iterable[str],
    folds: Mapping[str, Fold],
    calibration: Calibration | None = None,
) -> None:
    splits.write(SPLITS / f"{name}.json", about, disjoint, folds, calibration=calibration)
    print(f"{name}: {len(folds)} folds")


if __name__ == "__main__":
    main()
