"""Download a published archive into the data folder: whole, checked, or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmark.core import UserError
from benchmark.corpora.io.unpack import unpack

RETRIES = 2  # after a lost connection or a busy server, one second apart and then two


def fetch_zip(
    url: str,
    folder: Path,
    wanted: Callable[[str], bool],
    verify: Callable[[Path], list[str]],
    timeout: float = 30.0,
    at_most: int = 1 << 30,
) -> None:
    """Download the zip at `url` and leave those of its files that are `wanted` in `folder`.

    For hosts that build archives on demand and promise no checksum of them. Names are asked for as
    they are below the archive's single top folder ("data/a.csv"). The unpacked tree must pass
    `verify` (one sentence a problem) before it is renamed to `folder`, so what is there is always
    complete; nothing is kept of a download that fails. `timeout` in seconds holds for each wait for
    the server; `at_most` bytes are unpacked. UserError: network, disk, content that is not as
    published, a folder in the way; see `unpack`.
    """
    import pooch

    if folder.exists():
        raise UserError(f"{folder} is there already: move it away to fetch it again")
    pooch.get_logger().setLevel("WARNING")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            name, tree = "archive.zip", Path(scratch, "tree")
            source = pooch.create(
                scratch, "", registry={name: None}, urls={name: url}, retry_if_failed=RETRIES
            )
            archive = source.fetch(name, downloader=pooch.HTTPDownloader(timeout=timeout))
            unpack(Path(archive), tree, wanted=wanted, strip=1, at_most_bytes=at_most, place=url)
            if problems := verify(tree):
                more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
                raise UserError(f"{url} is not as published: {problems[0]}{more}")
            tree.rename(folder)
    except OSError as problem:  # those of requests among them
        answer = getattr(problem, "response", None)
        why = problem.strerror or type(problem).__name__
        if answer is not None:
            why = f"the server answered {answer.status_code}"
        raise UserError(
            f"could not fetch {folder.name} ({why}): try again, or get {url} in another way, "
            f"unpack it and rename its top folder to {folder}"
        ) from problem
