"""Which files belong to the corpus, and what is missing or not as published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmark.core import UserError
from benchmark.corpora import mixtures
from benchmark.corpora.gaddy2020 import files, phones
from benchmark.corpora.gaddy2020.files import KINDS, Clip
from benchmark.corpora.io import files as listing
from benchmark.corpora.io import sparc

PUBLISHED: Mapping[str, tuple[int, int]] = {  # sessions, utterances
    "voiced": (7, 1588),
    "silent": (7, 1588),
    "nonparallel": (10, 5477),
    "closedvoiced": (1, 500),
    "closedsilent": (1, 500),
}


def corpus_files(folder: Path) -> list[Path]:
    """Every file of the corpus, sorted: of all clips, alignments, and targets made from sound."""
    base = files.base(folder)
    if base is None:
        return []
    of_clips = [
        path
        for kind in KINDS
        for session in files.sessions(base, kind)
        for path in session.iterdir()
        if files.FILE.fullmatch(listing.name(path))
    ]
    aligned = (folder / phones.ALIGNMENTS).glob("[!.]*/[!.]*_audio.*")
    grids = (path for path in aligned if listing.ending(path) == "textgrid")
    targets = (path for made in sparc.sets(folder) for path in made.glob("[!.]*.npz"))
    return sorted([*of_clips, *grids, *targets, *mixtures.noise_files(folder)])


def verify(folder: Path) -> list[str]:
    """One sentence for each problem of layout; looks at headers, not at content."""
    base = files.base(folder)
    if base is None:
        return [f"{folder}: expected emg_data/{KINDS['voiced']}, found none; get the corpus again"]
    problems, miniature = mixtures.problems(folder), (folder / "FIXTURE").exists()
    for kind in KINDS:
        sessions = files.sessions(base, kind)
        count = 0
        for session in sessions:
            for number in files.numbers(session):
                try:
                    count += _checked(folder, files.clip(session, kind, number))
                except UserError as problem:
                    count += 1
                    problems.append(str(problem))
        if not miniature and (len(sessions), count) != PUBLISHED[kind]:
            problems.append(
                "{}: expected {} sessions of {:,} utterances, found {} of {:,}; unpack the archive "
                "again".format(base / KINDS[kind], *PUBLISHED[kind], len(sessions), count)
            )
    return problems


def doubts(folder: Path) -> Iterator[str]:
    """Utterances without a TextGrid where others have one, and TextGrids of no utterance."""
    base = files.base(folder)
    if base is None or not (folder / phones.ALIGNMENTS).is_dir():
        return
    expected = {}
    for kind in KINDS:
        for session in files.sessions(base, kind):
            for number in files.numbers(session):
                clip = files.clip(session, kind, number)
                grid = phones.grid(folder, clip)
                expected[grid] = clip
                if not clip.silent and clip.sentence >= 0 and not grid.exists():
                    yield (
                        f"{grid}: expected a TextGrid, as other utterances have, found none: all "
                        "of its phones are unknown"
                    )
    for path in sorted((folder / phones.ALIGNMENTS).glob("[!.]*/[!.]*_audio.*")):
        if listing.ending(path) == "textgrid" and path not in expected:
            yield f"{path}: expected the TextGrid of an utterance, found one of none"


def _checked(folder: Path, clip: Clip) -> int:
    """1 for an utterance whose files are there and as long as they should be, 0 for other clips."""
    files.check_emg(clip)
    if clip.sentence < 0:
        return 0
    if not clip.silent:
        _, seconds = files.sound_header(clip)
        if (grid := phones.grid(folder, clip)).exists():
            phones.check_grid(grid, seconds)
        beside = clip.path("audio_clean_ema.pkl")
        if beside.is_file() and not sparc.sets(folder):
            sparc.find(folder, "", beside, "gaddy2020", float(seconds))
    return 1
