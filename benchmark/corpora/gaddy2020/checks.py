"""Which files belong to the corpus, and what is missing or not as published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmark.core import UserError
from benchmark.corpora import mixtures
from benchmark.corpora.gaddy2020 import files
from benchmark.corpora.gaddy2020.files import KINDS, Clip
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
        if files.FILE.fullmatch(path.name)
    ]
    grids = (folder / files.ALIGNMENTS).glob("[!.]*/[!.]*_audio.TextGrid")
    targets = (path for made in sparc.sets(folder) for path in made.glob("[!.]*.npz"))
    noises = (folder / mixtures.FOLDER).glob("*/*.wav")
    return sorted([*of_clips, *grids, *targets, *noises])


def verify(folder: Path) -> list[str]:
    """One sentence for each problem of layout; looks at headers, not at content."""
    base = files.base(folder)
    if base is None:
        return [f"{folder}: expected emg_data/{KINDS['voiced']}, found none; get the corpus again"]
    problems, miniature = [], (folder / "FIXTURE").exists()
    for kind in KINDS:
        sessions = files.sessions(base, kind)
        count = 0
        for session in sessions:
            for number in files.numbers(session):
                try:
                    count += _checked(files.clip(session, kind, number))
                except UserError as problem:
                    count += 1
                    problems.append(str(problem))
        if not miniature and (len(sessions), count) != PUBLISHED[kind]:
            problems.append(
                "{}: expected {} sessions of {:,} utterances, found {} of {:,}; unpack the archive "
                "again".format(base / KINDS[kind], *PUBLISHED[kind], len(sessions), count)
            )
    return problems


def _checked(clip: Clip) -> int:
    """1 for an utterance whose files are there and begin as they should, 0 for other clips."""
    files.emg_header(clip.path("emg.npy"))
    if clip.sentence < 0:
        return 0
    if not clip.silent:
        files.sound_header(clip.path("audio_clean.flac"))
    return 1
