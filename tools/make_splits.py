"""Write the fixed lists of ids under tasks/splits/. Run again, it writes the same bytes.

    python tools/make_splits.py [--data FOLDER]

The lists of a corpus that is not there are left as they are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmark.core import Fold, Recording
from benchmark.data import splits
from benchmark.registry import corpora

ROOT = Path(__file__).resolve().parent.parent
SPLITS = ROOT / "tasks" / "splits"
TALKERS_IN_SMOKE = ("t1", "t2")

Entries = Iterable[Mapping[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    data = parser.parse_args().data
    for make in (embedded, somach):
        corpus = corpora()[make.__name__]
        folder = corpus.locate(data)
        if folder is None:
            print(f"{corpus.name}: not under {data}, its splits are left as they are")
        else:
            make(folder, corpus.recordings(folder))


def embedded(folder: Path, recordings: list[Recording]) -> None:
    """Sentences by pool of texts, words by talker; mixtures follow their clean sentence."""
    entries = json.loads((folder / "manifest.json").read_text())["recordings"]
    mixtures = json.loads((folder / "mixtures.json").read_text())
    sentences = [entry for entry in entries if entry["kind"] == "sentence"]
    words = [entry for entry in entries if entry["kind"] == "word"]
    pool_of = {entry["id"]: entry["pool"] for entry in sentences}
    talkers = sorted({entry["talker"] for entry in entries})

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
        {talker: by_pool(e for e in sentences if e["talker"] == talker) for talker in talkers},
    )
    _write(
        "embedded.new_talkers",
        "Two talkers test in each fold and one chooses; nothing of them is trained on.",
        ["session", "speaker"],
        dict(_pairs(recordings, {entry["id"] for entry in words})),
    )
    few = [s for talker in TALKERS_IN_SMOKE for s in _some(sentences, talker, 6, 2, 3)]
    some = [m for talker in TALKERS_IN_SMOKE for m in _some(mixed, talker, 12, 2, 4)]
    first = [entry for entry in words if entry["talker"] == TALKERS_IN_SMOKE[0]]
    small = "A few recordings, to see in a minute that everything runs; its scores mean nothing."
    _write("embedded.smoke_sentences", small, ["text"], {"all": by_pool(few)})
    _write("embedded.smoke_mixtures", small, ["text"], {"all": by_pool(some)})
    one = by_pool(e for e in few if e["talker"] == TALKERS_IN_SMOKE[0])
    _write("embedded.smoke_talkers", small, ["text"], {TALKERS_IN_SMOKE[0]: one})
    _write("embedded.smoke_words", small, [], {"all": by_repetition(first)})


def _repetition_role(number: int) -> str:
    return "train" if number <= 5 else "valid" if number == 6 else "test"


def _fold(entries: Entries, role_of: Callable[[Mapping[str, Any]], str]) -> Fold:
    roles: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for entry in entries:
        roles[role_of(entry)].append(entry["id"])
    return Fold(**{role: tuple(ids) for role, ids in roles.items()})


def _pairs(recordings: list[Recording], words: set[str]) -> Iterator[tuple[str, Fold]]:
    """Two neighbouring talkers test, the next one chooses."""
    chosen = [recording for recording in recordings if recording.id in words]
    talkers = sorted({recording.speaker for recording in chosen})
    for first in range(0, len(talkers), 2):
        test = talkers[first : first + 2]
        valid = [talkers[(first + 2) % len(talkers)]]
        yield "-".join(test), splits.by_group(chosen, "speaker", valid, test)


def _some(entries: Entries, talker: str, train: int, valid: int, test: int) -> Entries:
    """The first few of one talker in each pool."""
    left = {"train": train, "valid": valid, "test": test}
    for entry in entries:
        if entry["talker"] == talker and left[entry["pool"]] > 0:
            left[entry["pool"]] -= 1
            yield entry


def somach(_folder: Path, recordings: list[Recording]) -> None:
    """Recordings come in order of time within a session."""
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


def _write(name: str, about: str, disjoint: list[str], folds: Mapping[str, Fold]) -> None:
    splits.write(SPLITS / f"{name}.json", about, disjoint, folds)
    print(f"{name}: {len(folds)} folds")


if __name__ == "__main__":
    main()
