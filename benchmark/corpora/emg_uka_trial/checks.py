"""Which files belong to the EMG-UKA Trial corpus, and what is missing or contradicts itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmark.core import UserError
from benchmark.corpora import mixtures
from benchmark.corpora.emg_uka_trial import alignments, files
from benchmark.corpora.emg_uka_trial.files import KINDS, Utterance

NAME = "emg_uka_trial"
PUBLISHED: Mapping[str, int] = {"audible": 1120, "whispered": 300, "silent": 300}
SMALL, LARGE = (50, 10), (520, 20)  # utterances of a session and manner, of which tested
UNALIGNED = 51  # at most, whispered and silent ones of sessions 004-001 and 006-001


def corpus_files(folder: Path) -> list[Path]:
    """All that the lists name, the lists themselves and recorded noises, sorted."""
    found = [path for _, _, path in files.lists(folder)]
    for one in files.utterances(folder):
        found += [one.path(kind) for kind in KINDS]
        found += [path for of in ("phones", "words") if (path := one.alignment(of)).exists()]
    return sorted([*found, *mixtures.noise_files(folder)])


def verify(folder: Path) -> list[str]:
    """One sentence for each missing file, unexpected count and contradiction between two files.

    Opens texts and headers: signals are compared with their markers when they are read.
    """
    try:
        listed = files.utterances(folder)
    except UserError as problem:
        return [str(problem)]
    problems = mixtures.problems(folder)
    for one in listed:
        problems += _problems(one)
    problems += _not_listed(folder, listed)
    if not (folder / "FIXTURE").exists():
        problems += _miscounted(folder, listed)
    return problems


def _problems(one: Utterance) -> Iterator[str]:
    try:
        files.check_lengths(one)
        said, heard = alignments.transcript(one), alignments.spoken(one)
        aligned = alignments.phones(one).any()
    except UserError as problem:
        yield str(problem)
        return
    if heard and heard != said:
        yield f"{one.alignment('words')}: expected {said!r}, found {heard!r}; {files.AGAIN}"
    if not aligned and one.manner == "audible":
        yield f"{one.alignment('phones')}: expected phones, found none; {files.AGAIN}"


def _not_listed(folder: Path, listed: list[Utterance]) -> Iterator[str]:
    """What is called like a file of the corpus, and no list names it."""
    for kind, (begins, ends) in KINDS.items():
        known = {one.path(kind) for one in listed}
        for path in sorted((folder / kind).glob(f"*/*/{begins}_*.{ends}")):
            if path not in known:
                yield f"{path}: expected it in a file of {files.SUBSETS}, found it in none; " + (
                    "move it away"
                )


def _miscounted(folder: Path, listed: list[Utterance]) -> Iterator[str]:
    where = folder / files.SUBSETS
    for manner, expected in PUBLISHED.items():
        if (count := sum(one.manner == manner for one in listed)) != expected:
            yield f"{where}: expected {expected} {manner} utterances, found {count}; {files.AGAIN}"
    whole = Counter((o.manner, o.speaker, o.session) for o in listed)
    tested = Counter((o.manner, o.speaker, o.session) for o in listed if o.role == "test")
    for key, count in sorted(whole.items()):
        utterances, to_test = LARGE if key[2] == "101" else SMALL
        if (count, tested[key]) != (utterances, to_test):
            yield (
                f"{where}: expected {utterances} {'-'.join(key)} utterances, {to_test} of them to "
                f"test, found {count} and {tested[key]}; {files.AGAIN}"
            )
    without = sum(not one.alignment("phones").exists() for one in listed)
    if without > UNALIGNED:
        yield (
            f"{folder / files.ALIGNMENTS}: expected phones of all but {UNALIGNED}, found {without} "
            f"without; {files.AGAIN}"
        )
