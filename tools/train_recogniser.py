"""Train the recogniser of simulated speech on a corpus of talkers who are not to be recognised.

    python tools/build_embedded.py --talkers 12 --minutes 18 --seed NAME --out TRAINING
    python tools/train_recogniser.py TRAINING --out network.npz --language bigrams.npz
    python tools/check_simulated.py CORPUS --recogniser network.npz

That of the metrics, in `benchmark/recogniser/data`, had the seed "SilentBench recogniser 1"; the
digests of the files stand in `benchmark/recogniser/heard.py`.
Takes about two minutes of one processor. The network learns which phone is said in each frame of
the log mel spectrogram, from phones whose times are known; recordings are heard faster and slower,
from longer and shorter vocal tracts, through other microphones and in more noise than they have.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.core import UserError
from benchmark.corpora.simulated import reader
from benchmark.corpora.simulated.texts import graph, heard, lexicon
from benchmark.recogniser import acoustics, bigrams

Array = NDArray[Any]
Heard = tuple[Array, Array]  # log mel spectrogram (T, 80), phones (T,)

STEPS, LEAST = 700, 10
BATCH, CUT = 16, 200  # recordings at a time, and frames of each
RATE = 3e-3
WIDTH, TAPS = 160, (5, 5, 5, 1)
SEED = 1


def labels(entry: Any, count: int) -> Array:
    """(count,) which phone of the lexicon is said in each frame."""
    times = np.arange(count) / acoustics.RATE
    said = np.full(count, lexicon.PHONES.index(lexicon.SILENCE))
    for name, begin, end in entry["phones"]:
        said[(times >= begin) & (times < end)] = lexicon.PHONES.index(name)
    return said


def recordings(folder: Path, talkers: Collection[str]) -> list[Heard]:
    """All takes with voice of some talkers."""
    found = list[Heard]()
    for id, entry in reader.manifest(folder)["recordings"].items():
        if entry["talker"] in talkers and entry["kind"] != "silent":
            spectrogram = reader.read(folder, id, "mel")
            found.append((spectrogram, labels(entry, len(spectrogram))))
    return found


def curve(rng: np.random.Generator, spread: float) -> Array:
    """(80,) a smooth random course over the bands."""
    return np.interp(np.linspace(0, 4, 80), np.arange(5), rng.normal(0, spread, 5))


def varied(heard: Heard, rng: np.random.Generator) -> Heard:
    """A recording as another talker might have said it, elsewhere."""
    spectrogram, said = heard
    count = int(len(said) * rng.uniform(0.8, 1.25))
    at = np.linspace(0, len(said) - 1, count)
    low = np.minimum(at.astype(int), len(said) - 2)
    weight = (at - low)[:, None]
    spectrogram = spectrogram[low] * (1 - weight) + spectrogram[low + 1] * weight
    tract = np.exp(rng.uniform(-0.2, 0.2) + curve(rng, 0.06))
    spectrogram = acoustics.stretched(spectrogram, tract) + curve(rng, 0.5)
    floor = spectrogram.max() - rng.uniform(5.5, 9) + rng.normal(0, 0.3, spectrogram.shape)
    return np.logaddexp(spectrogram, floor), said[np.rint(at).astype(int)]


def batch(heard: Sequence[Heard], rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Features (BATCH, 40, CUT) and phones (BATCH, CUT) of recordings drawn by their lengths."""
    lengths = np.array([len(said) for _, said in heard])
    inputs, targets = list[Array](), list[Array]()
    for place in rng.choice(len(heard), BATCH, p=lengths / lengths.sum()):
        spectrogram, said = varied(heard[place], rng)
        values, missing = acoustics.features(spectrogram), max(CUT - len(said), 0)
        values = np.pad(values, ((0, missing), (0, 0)), mode="edge")
        said = np.pad(said, (0, missing), constant_values=lexicon.PHONES.index(lexicon.SILENCE))
        begin = int(rng.integers(len(said) - CUT + 1))
        inputs.append(values[begin : begin + CUT].T)
        targets.append(said[begin : begin + CUT])
    return torch.tensor(np.stack(inputs), dtype=torch.float32), torch.tensor(np.stack(targets))


def network() -> nn.Sequential:
    parts, before = list[nn.Module](), acoustics.BANDS
    for place, (taps, dilation) in enumerate(zip(TAPS, acoustics.DILATIONS, strict=True)):
        last = place == len(TAPS) - 1
        after = len(lexicon.PHONES) if last else WIDTH
        margin = dilation * (taps // 2)
        parts.append(nn.Conv1d(before, after, taps, padding=margin, dilation=dilation))
        if not last:
            parts += [nn.BatchNorm1d(after), nn.ReLU(), nn.Dropout(0.2)]
        before = after
    return nn.Sequential(*parts)


def plain(trained: nn.Sequential) -> tuple[tuple[Array, Array], ...]:
    """Weights and bias of each layer, with what the normalisation after it does."""
    layers = list[tuple[Array, Array]]()
    for part in trained:
        if isinstance(part, nn.Conv1d):
            assert part.bias is not None
            layers.append((part.weight.detach().numpy().copy(), part.bias.detach().numpy().copy()))
        elif isinstance(part, nn.BatchNorm1d):
            assert part.running_mean is not None
            assert part.running_var is not None
            scale = (part.weight / torch.sqrt(part.running_var + part.eps)).detach().numpy()
            weights, bias = layers[-1]
            shift = part.bias.detach().numpy()
            bias = (bias - part.running_mean.numpy()) * scale + shift
            layers[-1] = weights * scale[:, None, None], bias
    return tuple(layers)


def train(heard: Sequence[Heard], talkers: Sequence[str], steps: int = STEPS) -> acoustics.Network:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    rng, made = np.random.default_rng(SEED), network()
    optimiser = torch.optim.AdamW(made.parameters(), RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    judge = nn.CrossEntropyLoss(label_smoothing=0.05)
    for _ in range(steps):
        inputs, targets = batch(heard, rng)
        loss = judge(made(inputs), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    said = np.concatenate([said for _, said in heard])
    counts = np.bincount(said, minlength=len(lexicon.PHONES)) + 5
    return acoustics.Network(plain(made.eval()), np.log(counts / counts.sum()), tuple(talkers))


def _chosen(folders: Sequence[Path], talkers: str | None) -> tuple[list[Heard], list[str]]:
    """Recordings of the talkers of some corpora, and who they are; UserError where one is not."""
    heard, names, there = list[Heard](), list[str](), set[str]()
    wanted = {*talkers.split(",")} if talkers else None
    for folder in folders:
        head = reader.manifest(folder)
        if "seed_sha256" not in head:
            raise UserError(
                f"{folder}: expected the digest of its seed, found none; build it again"
            )
        mine = {about["id"] for about in head["talkers"]}
        there |= mine
        mine &= mine if wanted is None else wanted
        heard += recordings(folder, mine)
        names += [f"{head['seed_sha256'][:12]}/{talker}" for talker in sorted(mine)]
    if missing := (wanted or set()) - there:
        raise UserError(
            f"--talkers: expected some of {', '.join(sorted(there))}, found "
            f"{', '.join(sorted(missing))}"
        )
    if not heard:
        raise UserError(
            "expected recordings with voice to train on, found none; take another corpus"
        )
    return heard, names


def parsed(parser: argparse.ArgumentParser, steps: int) -> argparse.Namespace:
    """The command line of a tool that trains: what is common is added here, and checked."""
    parser.add_argument("folder", type=Path, nargs="+", help="corpora to train on")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--out", type=Path, required=True, help="file of the network, .npz")
    args = parser.parse_args()
    if args.steps < LEAST:
        parser.error(f"--steps: expected {LEAST} or more, found {args.steps}")
    check_file(parser, "--out", args.out)
    return args


def check_file(parser: argparse.ArgumentParser, option: str, path: Path) -> None:
    """End with a sentence where no such file could be written."""
    if path.is_dir() or not path.parent.is_dir():
        parser.error(f"{option}: expected a file in a folder that is there, found {path}")


def main() -> None:
    """Parse the command line, train and write."""
    parser = argparse.ArgumentParser(description="Train the recogniser of simulated speech.")
    parser.add_argument("--talkers", help="only these, separated by commas")
    parser.add_argument(
        "--language", type=Path, help="also write which words follow which in the grammar, .npz"
    )
    args = parsed(parser, STEPS)
    if args.language:
        check_file(parser, "--language", args.language)
        if args.language.resolve() == args.out.resolve():
            parser.error(f"--language: expected another file than --out, found {args.language}")
    try:
        said, names = _chosen([*dict.fromkeys(args.folder)], args.talkers)
        acoustics.write(args.out, train(said, names, args.steps))
        if args.language:
            bigrams.write(args.language, graph.pairs(heard.texts()))
    except UserError as error:
        raise SystemExit(str(error)) from None
    print(f"{args.out}: {len(said)} recordings of {', '.join(names)}")


if __name__ == "__main__":
    main()
