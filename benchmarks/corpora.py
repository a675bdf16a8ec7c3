"""Speed of reading signals from corpus files, and the memory that a corpus of 20 GB takes.

    python benchmarks/corpora.py [EVERY]

One thread, files in the page cache: this measures computation; the speed of the disk is listed
separately. Miniatures are read several times and the fastest pass counts. Their recordings last
1 to 3 s; published ones are longer, so that opening files costs relatively less.

Ultrasound is a minute of 64 scan lines of 842 samples at 81.5 frames/s, 260 MB of noise, as long as
the longest recordings of TaL. For comparison: scipy's map_coordinates, frame by frame, which
interpolates linearly between samples where ours averages those within a pixel.

The 20 GB have the names and numbers of CSL-EMG_Array as published: 12 sessions of 490 utterances,
their EMG in float64, and 70,240 mixtures of them. Files are hard links to those of 16 utterances
of the miniature, extended to 5 s by repeating their speech. A separate process checks the
layout, lists the recordings, computes the checksums of all files and reads all signals of each
EVERY-th utterance (default 20) and of as many mixtures.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is loaded

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.core import Array, Corpus
from benchmark.corpora import csl_emg_array, dutch_words, gaddy2020, tal
from benchmark.corpora.csl_emg_array import fixture as small_csl
from benchmark.corpora.csl_emg_array.checks import NAME, SILENT, SPEAKERS
from benchmark.corpora.csl_emg_array.files import AUDIO_RATE, EMG_RATE
from benchmark.corpora.dutch_words import fixture as small_dutch
from benchmark.corpora.gaddy2020 import fixture as small_gaddy
from benchmark.corpora.io.pictures.fan import Fan, places, upright, weights
from benchmark.corpora.io.pictures.ultrasound import Ultrasound, read_frames
from benchmark.data import checksums

PASSES = 7
# Corpus, its miniature, the recordings that have the signals, the signals.
READ: Sequence[tuple[Corpus, Callable[[Path], None], str, tuple[str, ...]]] = (
    (gaddy2020.CORPUS, small_gaddy.write, "*voiced-*-[0-9][0-9][0-9][0-9]", ("emg", "audio")),
    (csl_emg_array.CORPUS, small_csl.write, "spk[12]-*-[0-9][0-9][0-9][0-9]", ("emg", "audio")),
    (dutch_words.CORPUS, small_dutch.write, "*", ("seeg",)),
)
SECONDS = 60  # of ultrasound
SCAN = Ultrasound(Fan(64, 842, 0.025, 210, 10.0), rate=81.5, first=0.9)
SPEECH = 5.0  # seconds of an utterance of the 20 GB
BLOCKS = {"1-Initial": 340, "3-Eval1": 50, "5-Eval2": 50, "7-Eval3": 50}


def main(every: int) -> None:
    print(f"load average {os.getloadavg()[0]:.2f} at the start\n")
    print("| what | measured | limit |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        ultrasound_rows(base / "noise.ult")  # first, while this process is still small
        memory_rows(base, every)
        for corpus, write, pattern, signals in READ:
            write(base / corpus.name)
            speed_row(base / corpus.name, corpus, pattern, signals)
    print(f"\nload average {os.getloadavg()[0]:.2f} at the end")


# --- times real time ------------------------------------------------------------------------------


def speed_row(folder: Path, corpus: Corpus, pattern: str, signals: tuple[str, ...]) -> None:
    lengths, spent = Counter[str](), []
    for _ in range(PASSES):
        # Listed anew in each pass, because some readers keep what they read last.
        read = [r for r in corpus.recordings(folder) if fnmatchcase(r.id, pattern)]
        read[-1][signals[0]]  # so that what is imported at first use is not counted
        start = time.perf_counter()
        lengths.clear()
        for recording in read:
            for name in signals:
                lengths[name] += len(recording[name])
        spent.append(time.perf_counter() - start)
    seconds = lengths[signals[0]] / float(corpus.signals[signals[0]].rate or 1)
    speeds = sorted(seconds / np.array(spent))
    print(
        f"| {' and '.join(f'`{name}`' for name in signals)} of `{corpus.name}`, {len(read)} "
        f"recordings of {seconds / len(read):.1f} s | {speeds[-1]:,.0f} x real time, "
        f"{speeds[0]:,.0f} x in the slowest pass | {'60 x' if 'audio' in signals else ''} |"
    )


# --- ultrasound -----------------------------------------------------------------------------------


def ultrasound_rows(path: Path) -> None:
    fan, count = SCAN.fan, int(SECONDS * SCAN.rate)
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for _ in range(count):
            file.write(rng.integers(0, 256, (fan.lines, fan.samples), np.uint8).tobytes())
    start = time.perf_counter()
    index, matrix = weights(fan, tal.GRID)
    built = time.perf_counter() - start
    times = SCAN.first + np.arange(int(SECONDS * tal.RATE) - 1) / tal.RATE
    before, spent = peak(), []
    for _ in range(3):
        start = time.perf_counter()
        chosen = SCAN.nearest(times, count)
        pictures = upright(read_frames(path, fan, chosen), len(chosen), fan, tal.GRID)
        spent.append(time.perf_counter() - start)
    above = peak() - before
    some = next(read_frames(path, fan, chosen[:32]))
    plainly(some[0])  # so that importing it is not counted
    start = time.perf_counter()
    for frame in some:
        plainly(frame)
    plain = len(some) / (time.perf_counter() - start)
    speed = len(pictures) / min(spent)
    cold, warm = disk(path)
    print(
        f"| raw ultrasound, {fan.lines} x {fan.samples}, to 96 x 96, reading included | "
        f"{speed:,.0f} frames/s, {len(pictures) / max(spent):,.0f} in the slowest pass; "
        f"map_coordinates {plain:,.0f} ({speed / plain:.1f} x) | 300 frames/s |\n"
        f"| memory of it | {above:.0f} MB more at most, of which "
        f"{pictures.nbytes / 1e6:.0f} MB are the images; the file has "
        f"{path.stat().st_size / 1e6:.0f} MB | |\n"
        f"| weights of it | {matrix.nnz:,} for {len(index):,} pixels, "
        f"{matrix.data.nbytes * 2 / 1e6:.1f} MB, made once in {built:.2f} s | |\n"
        f"| reading that file and nothing else | {cold:,.0f} MB/s from the disk, {warm:,.0f} MB/s "
        f"from the page cache; its sha256 {hashing(path):,.0f} MB/s | |"
    )


def plainly(frame: Array) -> Array:
    from scipy.ndimage import map_coordinates

    index, line, sample = places(SCAN.fan, tal.GRID)
    picture = np.zeros(tal.GRID.size**2, np.uint8)
    picture[index] = map_coordinates(frame, (line, sample), order=1)
    return picture


def disk(path: Path) -> tuple[float, float]:
    """MB/s of reading a file after it was dropped from the page cache, and once more."""
    piece, speeds = bytearray(1 << 20), []
    with path.open("rb", buffering=0) as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        for _ in range(2):
            file.seek(0)
            start = time.perf_counter()
            while file.readinto(piece):
                pass
            speeds.append(path.stat().st_size / 1e6 / (time.perf_counter() - start))
    return speeds[0], speeds[1]


def hashing(path: Path) -> float:
    start = time.perf_counter()
    checksums.sha256_of(path)
    return path.stat().st_size / 1e6 / (time.perf_counter() - start)


# --- 20 GB ----------------------------------------------------------------------------------------


def memory_rows(base: Path, every: int) -> None:
    start = time.perf_counter()
    tree = published_csl(base)
    made = time.perf_counter() - start
    asked = [sys.executable, __file__, "--child", str(tree), str(every)]
    child = subprocess.run(asked, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    got = json.loads(child.stdout)
    print(
        f"| `csl_emg_array` of {got['bytes'] / 1e9:.1f} GB in {got['files']:,} files (hard links, "
        f"made in {made:.0f} s): layout, listing, checksums, reading | peak {got['peak']:.0f} MB "
        f"above the {got['start']:.0f} MB after imports ({got['listing']:.0f} once listed) "
        f"| 1 GB |\n"
        f"| its layout checked; its {got['recordings']:,} recordings listed | {got['checked']:.1f} "
        f"s; {got['listed']:.1f} s | |\n"
        f"| checksums of its files computed | {got['summed']:.0f} s, "
        f"{got['bytes'] / 1e6 / got['summed']:,.0f} MB/s | |\n"
        f"| all signals of {got['spoken']:,} utterances read; of as many mixtures | "
        f"{got['utterances']:.0f} s, {got['spoken'] * SPEECH / got['utterances']:.0f} x real time; "
        f"{got['mixtures']:.0f} s, {got['spoken'] * SPEECH / got['mixtures']:.0f} x | |"
    )


def published_csl(base: Path) -> Path:
    """A tree with the names and numbers of the published corpus, of links to 16 utterances."""
    small_csl.write(base / "small")
    originals = extended(base / "small", base / "long")
    tree, number = base / "tree" / NAME, 0
    modes = [(s, "") for s in SPEAKERS] + [(s, "-Sil") for s in SILENT]
    for block, count in BLOCKS.items():
        for speaker, mode in modes:
            name = f"Spk{speaker}{mode}_Block{block}"
            (tree / name).mkdir(parents=True)
            texts = {f"{k:04}": f"This is sentence {k}." for k in range(1, count + 1)}
            (tree / name / "recordingLog.json").write_text(
                json.dumps({"promptList": texts}), "utf-8"
            )
            for k in texts:
                (tree / name / k).mkdir()
                for original in originals[number % len(originals)]:
                    os.link(original, tree / name / k / f"{name}_{k}_{original.name}")
                number += 1
    return tree


def extended(small: Path, long: Path) -> list[tuple[Path, Path]]:
    """Utterances of the miniature's first blocks, SPEECH seconds from the marker on."""
    from scipy.io import wavfile

    made = []
    for path in sorted(small.glob("Spk[12]_Block1-Initial/*/*_emg.npy")):
        emg, (_, audio) = np.load(path), wavfile.read(f"{str(path)[:-7]}audio.wav")
        folder = long / path.parent.parent.name / path.parent.name
        folder.mkdir(parents=True)
        np.save(folder / "emg.npy", repeated(emg, EMG_RATE).astype(np.float64))
        wavfile.write(folder / "audio.wav", AUDIO_RATE, repeated(audio, AUDIO_RATE))
        made.append((folder / "emg.npy", folder / "audio.wav"))
    return made


def repeated(samples: Array, rate: int) -> Array:
    """The samples after the marker, repeated up to SPEECH seconds."""
    begin = int(np.argmax(np.diff(samples[:, -1]))) + 1
    count = round(SPEECH * rate)
    whole = np.tile(samples[begin:], (-(-count // (len(samples) - begin)), 1))
    return np.concatenate([samples[:begin], whole[:count]])


def child(tree: Path, every: int) -> None:
    """Run the steps of preparing a corpus, and print seconds and megabytes as JSON."""
    corpus, data = csl_emg_array.CORPUS, tree.parent
    got: dict[str, float] = {"start": peak()}
    seconds = stopwatch(got)
    if problems := corpus.verify(tree):
        raise SystemExit(problems[0])
    seconds("checked")
    recordings = corpus.recordings(tree)
    seconds("listed")
    got |= {"recordings": len(recordings), "listing": peak() - got["start"]}
    seconds()
    manifest = checksums.make_manifest(corpus, tree)
    checksums.write_manifest(corpus, data, manifest)
    seconds("summed")
    got |= {"files": len(manifest.files), "bytes": sum(size for size, _ in manifest.files.values())}
    spoken = [r for r in recordings if "+" not in r.id][::every]
    mixed = [r for r in recordings if "+" in r.id]
    mixed = [mixed[k] for k in np.linspace(0, len(mixed) - 1, len(spoken)).astype(int)]
    got["spoken"] = len(spoken)
    seconds()
    for chosen, names, what in (
        (spoken, csl_emg_array.CLEAN, "utterances"),
        (mixed, csl_emg_array.MIXED, "mixtures"),
    ):
        for recording in chosen:
            for name in names:
                recording[name]
        seconds(what)
    print(json.dumps(got | {"peak": peak() - got["start"]}))


def stopwatch(into: dict[str, float]) -> Callable[..., None]:
    """A function that stores the seconds since its last call under a name, where one is given."""
    last = time.perf_counter()

    def note(name: str = "") -> None:
        nonlocal last
        now = time.perf_counter()
        if name:
            into[name] = now - last
        last = now

    return note


def peak() -> float:
    """Peak resident memory of this process in MB; ru_maxrss would include its parent's."""
    match = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
    assert match is not None
    return int(match[1]) * 1024 / 1e6


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
