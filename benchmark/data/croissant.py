"""Corpora as Croissant metadata (JSON-LD, version 1.0), which search engines and loaders read.

Two sets of results: `signals` is a table within the metadata, one row a signal with its unit, rate
and shape; `recordings` has a field for each of them. Their values come out of the corpus's files by
a reader of ours, which Croissant cannot express: the source of a field is the set of files. No sums
of files are given: those that are known belong to the reader (`run_benchmark.py data verify`).
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
NOWHERE = Path("/nonexistent")  # a data folder: what is found all the same is in the package


def metadata(corpus: Corpus, tasks: Mapping[str, Task]) -> dict[str, Any]:
    """The corpus as a JSON-LD document; `tasks` by name say what its signals are used for."""
    address = re.match(r"https?://[^\s;,]+", corpus.source)
    used = using(corpus, tasks)
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


def using(corpus: Corpus, tasks: Mapping[str, Task]) -> dict[str, Task]:
    """The tasks that have a split of this corpus."""
    return {
        name: task
        for name, task in tasks.items()
        if any(split.partition(".")[0] == corpus.name for split in (*task.splits, *task.smoke))
    }


def packaged(corpus: Corpus) -> str:
    """Where the corpus lies within the project, or nothing where the user has to get it."""
    folder = corpus.locate(NOWHERE)
    return "" if folder is None else str(folder.relative_to(Path(__file__).parents[2]))


def licence(said: str) -> str:
    """The address of a licence that has one; else the words of the corpus."""
    if match := re.fullmatch(r"CC (BY(?:-NC)?(?:-(?:SA|ND))?) (\d\.\d)", said):
        return f"https://creativecommons.org/licenses/{match[1].lower()}/{match[2]}/"
    return f"https://spdx.org/licenses/{said}" if said in SPDX else said


def rate(signal: Signal) -> str:
    """How often it is taken, in words of a table."""
    return "" if signal.rate is None else f"{signal.rate:g} Hz"


def shape(signal: Signal) -> str:
    """The shape of its array in one recording, as `time × 96 × 96`; `?` differs by recording."""
    if signal.free:
        return "length"
    if signal.rate is None:
        return "one number"
    return " × ".join(["time", *("?" if n is None else str(n) for n in signal.frame)])


def uses(signal: str, tasks: Mapping[str, Task]) -> list[str]:
    """What it is to the tasks that know it, such as `input of emg_to_text, lip_to_ultrasound`."""
    roles = {
        "input": [name for name, task in tasks.items() if signal in task.inputs],
        "target": [name for name, task in tasks.items() if signal == task.target],
        "hint": [name for name, task in tasks.items() if signal in task.privileged],
    }
    return [f"{role} of {', '.join(names)}" for role, names in roles.items() if names]


def _description(corpus: Corpus) -> str:
    kind = "simulated" if corpus.synthetic else "recorded"
    parts = [f"{corpus.title} ({kind})", f"How to get it: {corpus.advice}"]
    parts += [f"Size: {corpus.size}"] if corpus.size else []
    return " ".join(f"{part.rstrip('.')}." for part in (*parts, *corpus.known_issues))


def _files(corpus: Corpus) -> dict[str, Any]:
    own = packaged(corpus)
    place = "of the project" if own else "that holds the corpus on the machine of its user"
    source = f"; from {corpus.source}" if corpus.source and not own else ""
    return {
        "@type": "cr:FileSet",
        "@id": "files",
        "name": "files",
        "description": f"The files of the corpus, below the folder {place}{source}.",
        "encodingFormat": "application/octet-stream",
        "includes": f"{own}/**" if own else "**",
    }


def _table(corpus: Corpus) -> dict[str, Any]:
    """Signals as rows within the metadata."""
    rows = [
        (name, signal.unit, rate(signal), shape(signal), signal.dtype)
        for name, signal in corpus.signals.items()
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": "signals",
        "name": "signals",
        "description": "What a recording holds: one row a signal.",
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
        "description": "One recording a result, as benchmark/corpora makes it out of the files.",
        "field": [
            _field(name, signal, uses(name, tasks)) for name, signal in corpus.signals.items()
        ],
    }


def _field(name: str, signal: Signal, used: Iterable[str]) -> dict[str, Any]:
    units = signal.unit or "no unit"
    said = [f"{signal.dtype}, shape {shape(signal)}, in {units}"]
    said += [f"at {rate(signal)}"] if signal.rate else []
    said += [f"channels: {', '.join(signal.channels)}"] if signal.channels else []
    said += [f"classes: {', '.join(signal.labels)}"] if signal.labels else []
    said += list(used)
    whole = "Text" if signal.free else "Float" if "float" in signal.dtype else "Integer"
    return {
        "@type": "cr:Field",
        "@id": f"recordings/{name}",
        "name": name,
        "description": "; ".join(said) + ".",
        "dataType": f"sc:{whole}",
        **({"repeated": True} if signal.rate is not None else {}),
        "source": {"fileSet": {"@id": "files"}, "extract": {"fileProperty": "content"}},
    }
