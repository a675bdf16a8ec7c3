"""Corpora as Croissant metadata (JSON-LD, version 1.0), for search engines and loaders.

There are two record sets: `signals` is a table in the metadata, one row per signal with its unit,
rate and shape; `recordings` has a field for each signal. A reader of this project makes their
values from the files of the corpus, which Croissant cannot express, so the source of a field is the
set of files. Checksums are left to the reader (`silentbench data verify`).
Format: Akhtar et al. 2024, docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmark.core import Corpus, Signal, Task

VERSION = "http://mlcommons.org/croissant/1.0"
TERMS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty"),
    *("fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField"),
    *("path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
    *("separator", "source", "subField", "transform"),
)
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in TERMS},
}
COLUMNS = {  # of the table of signals
    "name": "sc:Text",
    "unit": "sc:Text",
    "rate": "sc:Text",
    "shape": "sc:Text",
    "dtype": "sc:Text",
}
SPDX = ("Apache-2.0", "MIT", "GPL-3.0", "GPL-3.0-only", "GPL-3.0-or-later", "BSD-3-Clause")
NO_DATA = Path("/nonexistent")  # a data folder: a corpus found all the same is in the package


def metadata(corpus: Corpus, tasks: Mapping[str, Task]) -> dict[str, Any]:
    """The corpus as a JSON-LD document, which names the tasks that use its signals."""
    address = re.match(r"https?://[^\s;,]+", corpus.source)
    used = tasks_of(corpus, tasks)
    return {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": corpus.name,
        "description": _description(corpus),
        **({"url": address[0]} if address else {}),
        "license": licence(corpus.licence),
        "citeAs": corpus.citation,
        "version": corpus.version,
        "keywords": ["simulated" if corpus.synthetic else "recorded", *used],
        "distribution": [_files(corpus)],
        "recordSet": [_table(corpus), _recordings(corpus, used)],
    }


def tasks_of(corpus: Corpus, tasks: Mapping[str, Task]) -> dict[str, Task]:
    """The tasks that have a split of this corpus."""
    return {
        name: task
        for name, task in tasks.items()
        if name in corpus.tasks
        or any(split.partition(".")[0] == corpus.name for split in (*task.splits, *task.smoke))
    }


def packaged_folder(corpus: Corpus) -> str:
    """The folder of a corpus in this project; empty where the user has to get the corpus."""
    folder = corpus.locate(NO_DATA)
    return "" if folder is None else str(folder.relative_to(Path(__file__).parents[2]))


def licence(name: str) -> str:
    """The address of a licence that has one, else its name."""
    if match := re.fullmatch(r"CC (BY(?:-NC)?(?:-(?:SA|ND))?) (\d\.\d)", name):
        return f"https://creativecommons.org/licenses/{match[1].lower()}/{match[2]}/"
    return f"https://spdx.org/licenses/{name}" if name in SPDX else name


def rate(signal: Signal) -> str:
    """The sampling rate, as text; empty for one value per recording."""
    return "" if signal.rate is None else f"{signal.rate:g} Hz"


def shape(signal: Signal) -> str:
    """The shape of one recording, such as `time × 96 × 96`; `?` for one that varies."""
    if signal.free:
        return "length"
    if signal.rate is None:
        return "one number"
    return " × ".join(["time", *("?" if n is None else str(n) for n in signal.frame)])


def uses(signal: str, tasks: Mapping[str, Task]) -> list[str]:
    """Its roles in tasks, such as `input of emg_to_text, lip_to_ultrasound`."""
    roles = {
        "input": [name for name, task in tasks.items() if signal in task.inputs],
        "target": [name for name, task in tasks.items() if signal == task.target],
        "privileged signal": [name for name, task in tasks.items() if signal in task.privileged],
    }
    return [f"{role} of {', '.join(names)}" for role, names in roles.items() if names]


def _description(corpus: Corpus) -> str:
    kind = "simulated" if corpus.synthetic else "recorded"
    parts = [f"{corpus.title} ({kind})", f"How to get it: {corpus.advice}"]
    parts += [f"Size: {corpus.size}"] if corpus.size else []
    return " ".join(f"{part.rstrip('.')}." for part in (*parts, *corpus.known_issues))


def _files(corpus: Corpus) -> dict[str, Any]:
    own = packaged_folder(corpus)
    owner = "of the project" if own else "that holds the corpus on the machine of its user"
    source = f"; from {corpus.source}" if corpus.source and not own else ""
    return {
        "@type": "cr:FileSet",
        "@id": "files",
        "name": "files",
        "description": f"The files of the corpus, below the folder {owner}{source}.",
        "encodingFormat": "application/octet-stream",
        "includes": f"{own}/**" if own else "**",
    }


def _table(corpus: Corpus) -> dict[str, Any]:
    """Signals as rows in the metadata."""
    rows = [
        (name, signal.unit, rate(signal), shape(signal), signal.dtype)
        for name, signal in corpus.signals.items()
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": "signals",
        "name": "signals",
        "description": "The signals of a recording, one row each.",
        "key": {"@id": "signals/name"},
        "field": [
            {"@type": "cr:Field", "@id": f"signals/{name}", "name": name, "dataType": kind}
            for name, kind in COLUMNS.items()
        ],
        "data": [
            {f"signals/{column}": value for column, value in zip(COLUMNS, row, strict=True)}
            for row in rows
        ],
    }


def _recordings(corpus: Corpus, tasks: Mapping[str, Task]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "recordings",
        "name": "recordings",
        "description": "One record per recording, as benchmark/corpora reads it from the files.",
        "field": [
            _field(name, signal, uses(name, tasks)) for name, signal in corpus.signals.items()
        ],
    }


def _field(name: str, signal: Signal, used: Iterable[str]) -> dict[str, Any]:
    units = signal.unit or "no unit"
    parts = [f"{signal.dtype}, shape {shape(signal)}, in {units}"]
    parts += [f"at {rate(signal)}"] if signal.rate else []
    parts += [f"channels: {', '.join(signal.channels)}"] if signal.channels else []
    parts += [f"classes: {', '.join(signal.labels)}"] if signal.labels else []
    parts += list(used)
    whole = "Text" if signal.free else "Float" if "float" in signal.dtype else "Integer"
    return {
        "@type": "cr:Field",
        "@id": f"recordings/{name}",
        "name": name,
        "description": "; ".join(parts) + ".",
        "dataType": f"sc:{whole}",
        **({"repeated": True} if signal.rate is not None else {}),
        "source": {"fileSet": {"@id": "files"}, "extract": {"fileProperty": "content"}},
    }
