"""What is missing from a folder of CSL-EMG_Array, or differs from what was published."""

from __future__ import annotations

from pathlib import Path

from benchmark.core import UserError
from benchmark.corpora import mixtures
from benchmark.corpora.csl_emg_array import files
from benchmark.corpora.csl_emg_array.files import Block

NAME = "csl_emg_array"
SOURCE = "https://csl.uni-bremen.de/CorpusData/CSL-EMG_Array.zip"
SPEAKERS, SILENT = range(1, 9), (1, 3, 6, 8)
PUBLISHED = {1: 340, 3: 50, 5: 50, 7: 50}  # utterances by block; of the others it is not known
ADVICE = (
    f"get {SOURCE} (11.3 GB), unpack it, then "
    f"silentbench data prepare {NAME} --from PATH --accept-licence"
)


def verify(folder: Path) -> list[str]:
    """One sentence for each missing or foreign file, each bad header and each unexpected count."""
    try:
        found = files.blocks(folder)
    except UserError as problem:
        return [str(problem)]
    if not found:
        return [f"{folder}: expected folders such as Spk1_Block1-Initial, found none; {ADVICE}"]
    problems = mixtures.problems(folder)
    for block in found:
        problems += _problems(block)
    if not (folder / "FIXTURE").exists():
        problems += _miscounted(folder, found)
    return problems


def _problems(block: Block) -> list[str]:
    problems: list[str] = []
    try:
        texts = files.prompts(block.path / files.LOG)
    except UserError as problem:
        return [str(problem)]
    for one in block.utterances():
        place, before = block.path / f"{one.number:04}", len(problems)
        if not texts.get(one.number, "").strip():
            problems.append(f"{place}: expected a prompt in {files.LOG}, found none; get it again")
        for path, name, check in (
            (one.emg, "emg.npy", files.emg_array),
            (one.audio, "audio.wav", files.check_audio),
        ):
            if path is None:
                problems.append(
                    f"{place}: expected {one.name}_{name}, found none; get the utterance again"
                )
                continue
            try:
                check(path)
            except UserError as problem:
                problems.append(str(problem))
        if len(problems) == before:
            problems += files.unlike(one)
    return problems


def _miscounted(folder: Path, found: list[Block]) -> list[str]:
    """Against what was published: 8 audible and 4 silent sessions, 490 utterances in 4 blocks."""
    here = {(b.speaker, b.silent, b.number): len(b.utterances()) for b in found}
    sessions = [*((s, False) for s in SPEAKERS), *((s, True) for s in SILENT)]
    problems = []
    for speaker, silent in sessions:
        for number, expected in PUBLISHED.items():
            if (got := here.get((speaker, silent, number), 0)) != expected:
                name = f"Spk{speaker}{'-Sil' if silent else ''}_Block{number}"
                problems.append(
                    f"{folder}/{name}-*: expected {expected} utterances, found {got}; get it again"
                )
    for key in sorted({(b.speaker, b.silent) for b in found} - set(sessions)):
        name = f"Spk{key[0]}{'-Sil' if key[1] else ''}"
        problems.append(f"{folder}: expected no {name}, found it; move it away")
    return problems
