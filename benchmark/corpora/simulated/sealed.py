"""Sealed corpora: talkers and sentences that follow from a secret, in a folder of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmark.core import UserError
from benchmark.corpora.simulated import files, listing, plan
from benchmark.corpora.simulated.synthesis.build import build
from benchmark.corpora.simulated.synthesis.lock import check_folder

LETTER = "z"  # of the talkers' names: no public corpus has it
PUBLIC = ("embedded", "simulated")  # corpora of the same format, whose public recordings train
TALKERS, SENTENCES, ROUNDS = 8, 8, 2
FEWEST = 2  # recordings of a talker: a score of one would be that recording's


def seed_of(secret: bytes) -> str:
    """The seed of all that a secret decides. Who has it can make the sealed corpus: keep it."""
    return hashlib.sha256(b"silentbench sealed corpus\0" + secret).hexdigest()


def share(tested: Iterable[str]) -> plan.Share:
    """What each talker says for splits that test recordings with these ids: takes of their kinds.

    Mixtures are of sentences, and of a silent take there is the sentence aloud as well.
    """
    clean = {id.partition("+")[0] for id in tested}
    words = {id for id in clean if listing.WORD.fullmatch(id)}
    silent = any(map(listing.SILENT.fullmatch, clean))
    alone = clean and clean == words
    return plan.Share(
        FEWEST if alone else SENTENCES, SENTENCES if silent else 0, ROUNDS if words else 0
    )


def check_place(folder: Path) -> None:
    """Refuse a folder from which what is sealed could be published by mistake."""
    place = folder.resolve()
    for parent in (place, *place.parents):
        if (parent / ".git").exists():
            raise UserError(
                f"{folder}: inside the git repository {parent}, where a commit could publish what "
                "is sealed; choose a folder outside of any"
            )


def make(
    secret: bytes,
    digest: str,
    share: plan.Share,
    talkers: int,
    folder: Path,
    jobs: int,
    say: Callable[[str], None] = print,
) -> None:
    """Make the sealed corpus of a secret in `folder`, which only the user can then read.

    `digest` is what the corpus, and all results on it, say of the secret. The same secret and size
    always give the same corpus, and a build that was interrupted goes on. UserError for a folder
    inside a git repository, and for too few recordings.
    """
    check_place(folder)
    if share.sentences < FEWEST:
        raise UserError(
            f"sentences: expected {FEWEST} or more of each talker, found {share.sentences}: a "
            "score of one recording would tell of that recording"
        )
    chosen = plan.drawn(seed_of(secret), talkers, share, letter=LETTER)
    check_folder(folder)  # before its mode is changed: it may be anybody's
    if (folder / files.MANIFEST).is_file():
        found = files.read_manifest(folder)
        if not found.get("sealed") or found["seed_sha256"] != digest:
            raise UserError(
                f"{folder}: expected an empty folder, or what was made from this secret, found "
                "other recordings; choose another folder"
            )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise UserError(
            f"{folder}: expected a folder to write in, but {error.strerror}; choose another"
        ) from error
    build(chosen, folder, jobs, say, sealed=digest)
