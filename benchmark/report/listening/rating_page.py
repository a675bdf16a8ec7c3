"""A page on which listeners rate sounds from 1 to 5 without knowing what made them.

Every system is heard with the same recordings, which are drawn by a seed, as is the order of all
items. One HTML file holds sounds and script; it needs no network, and saves ratings as CSV.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Mapping, Sequence

from benchmark.core import UserError
from benchmark.report.listening import rating_key
from benchmark.report.listening.rating_key import Key, RatedItem
from benchmark.report.listening.sounds import Sound, encoded
from benchmark.report.site.rendering import asset, environment, markup

HERE = "benchmark.report.listening"
COLUMNS = ("page", "rater", "item", "rating")
WORDS = ("bad", "poor", "fair", "good", "excellent")  # as ITU-T P.800 calls the five grades
QUESTION = "How good does this sound?"


def draw(recordings: Sequence[str], systems: int, items: int, seed: int) -> list[str]:
    """Recordings for so many items; UserError where they cannot be shared evenly, or are too few.

    The same whenever it is asked, in whatever order the recordings come.
    """
    each, rest = divmod(items, systems)
    if rest or not each:
        near = sorted({max(1, each) * systems, (each + 1) * systems})
        raise UserError(
            f"--items {items}: expected a number that {systems} systems share evenly, such as"
            f" {' or '.join(map(str, near))}"
        )
    if each > len(recordings):
        raise UserError(
            f"--items {items}: {systems} systems need {each} recordings each, and have"
            f" {len(recordings)} in common: at most {systems * len(recordings)} items"
        )
    return random.Random(seed).sample(sorted(recordings), each)


def make(
    task: str,
    split: str,
    seed: int,
    systems: Mapping[str, Callable[[str], Sound]],
    recordings: Sequence[str],
) -> tuple[str, Key]:
    """The page as HTML, and its key; `systems` give their sound of a recording."""
    pairs = [(system, name) for system in sorted(systems) for name in recordings]
    random.Random(seed).shuffle(pairs)
    items, sources, by = [], [], set[str]()
    for number, (system, name) in enumerate(pairs, start=1):
        sound = systems[system](name)
        by.add(sound.vocoder)
        content = encoded(sound.wave, sound.rate, "FLAC")
        digest = hashlib.sha256(content).hexdigest()
        items.append(RatedItem(item=number, system=system, recording=name, sha256=digest))
        sources.append("data:audio/flac;base64," + base64.b64encode(content).decode())
    vocoder = ", ".join(sorted(by - {""}))
    key = Key(
        layout=rating_key.LAYOUT,
        page=rating_key.name_of(task, split, seed, items, vocoder),
        task=task,
        split=split,
        seed=seed,
        items=items,
        vocoder=vocoder,
    )
    return _html(key.page, sources, vocoder), key


def _html(page: str, sources: Sequence[str], vocoder: str) -> str:
    script = asset("ratings.js", HERE)
    checked = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text: str = (
        environment(HERE)
        .get_template("ratings.html")
        .render(
            page=page,
            vocoder=vocoder,
            question=QUESTION,
            columns=",".join(COLUMNS),
            grades=list(zip(range(rating_key.LEAST, rating_key.MOST + 1), WORDS, strict=True)),
            items=list(enumerate(sources, start=1)),
            style=markup(asset("style.css") + asset("ratings.css", HERE)),
            script=markup(script),
            checked=f"sha256-{checked}",
        )
    )
    return text
