"""Write the splits, fixed lists of recordings under tasks/splits/, and the lexicon of texts.

The output is reproducible.

    python tools/make_splits.py [--data FOLDER]

Splits of a corpus that is not installed are left unchanged, but for those that are patterns, and
those of the embedded corpus, which follow from its plan.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmark import storage
from benchmark.core import Calibration, Fold, Recording, Split
from benchmark.corpora import gaddy2020, vocalmind
from benchmark.corpora.calibration import calibrated
from benchmark.corpora.simulated import plan
from benchmark.corpora.simulated import splits as rules
from benchmark.corpora.simulated.patterns import patterns
from benchmark.corpora.simulated.texts.lexicon import PRONUNCIATIONS
from benchmark.data import splits
from benchmark.data.corpus_index import no_signal
from benchmark.registry import corpora

ROOT = Path(__file__).resolve().parent.parent
TASKS = ROOT / "tasks"
REPETITIONS = (0, 1, 2, 5, 20)  # of each word of a new session, of 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    data = parser.parse_args().data
    embedded()
    lexicon()
    corpus = corpora()["somach"]
    folder = corpus.locate(data)
    if folder is None:
        print(f"{corpus.name}: not under {data}, its splits are left unchanged")
    else:
        somach(corpus.recordings(folder))
    gaddy2020_silent()
    vocalmind_words()


def embedded() -> None:
    """Of the plan of the release, which is all that is needed: ids as patterns, for small files."""
    release = plan.release()
    known = [Recording(t.id, t.talker, t.session, t.text, no_signal) for t in release.takes]
    for name, rule in rules.splits(release.takes, release.seconds()).items():
        folds = {
            fold: Fold(**{role: patterns(ids) for role, ids in roles.roles().items()})
            for fold, roles in rule.folds.items()
        }
        if "mixtures" not in name:
            _mean_the_same(name, rule, folds, known)
        _write(f"embedded.{name}", rule.about, rule.disjoint, folds, rule.calibration)


def _mean_the_same(
    name: str, rule: rules.Drawn, folds: Mapping[str, Fold], known: list[Recording]
) -> None:
    """Patterns must give the recordings that they were made of, and no others."""
    written = Split(name, rule.about, rule.disjoint, folds, "")
    resolved, _ = splits.resolve(written, known)
    for fold, roles in resolved.folds.items():
        for role, ids in roles.roles().items():
            if set(ids) != set(rule.folds[fold].roles()[role]):
                raise SystemExit(f"{name}, fold {fold}: its patterns of {role} mean others")


def lexicon() -> None:
    """How the words of simulated texts sound, without regard to case, as the phone error asks."""
    words = {word.lower(): " ".join(said) for word, said in PRONUNCIATIONS.items()}
    text = json.dumps(words, indent=1, ensure_ascii=False, sort_keys=True)
    storage.write_whole(TASKS / "lexicons" / "simulated.json", f"{text}\n".encode())
    print(f"lexicon: {len(words)} words")


def somach(recordings: list[Recording]) -> None:
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
    splits.write(TASKS / "splits" / f"{name}.json", about, disjoint, folds, calibration=calibration)
    print(f"{name}: {len(folds)} folds")


if __name__ == "__main__":
    main()
