"""Train the network that makes spectrograms of simulated movement, on talkers of other corpora.

    python tools/build_embedded.py --talkers 12 --minutes 18 --seed NAME --out TRAINING
    python tools/train_articulatory.py TRAINING --out articulatory.npz

That of the metrics, `benchmark/spectra/data/articulatory.npz`, had the corpus of the recogniser
(`tools/train_recogniser.py`); its digest stands in `benchmark/spectra/articulatory.py`. Takes about
three minutes of one processor. It learns the log mel spectrogram of a recording from its
articulation, by the mean absolute difference.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from train_recogniser import parsed, plain

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmark.core import UserError
from benchmark.corpora.simulated import reader
from benchmark.spectra import articulatory, mel

Array = NDArray[Any]
Pair = tuple[Array, Array]  # articulation (time, 14) at 50 Hz, log mel spectrogram (frames, 80)

STEPS = 1500
BATCH, CUT = 16, 150  # recordings at a time, and frames of each
RATE = 3e-3
WIDTH, TAPS = 160, (9, 9, 9, 1)
SEED = 1


def recordings(folder: Path) -> list[Pair]:
    """All takes with voice."""
    return [
        (reader.read(folder, id, "articulation"), reader.read(folder, id, "mel"))
        for id, entry in reader.manifest(folder)["recordings"].items()
        if entry["kind"] != "silent"
    ]


def network() -> nn.Sequential:
    parts, before = list[nn.Module](), articulatory.CHANNELS
    for place, (taps, dilation) in enumerate(zip(TAPS, articulatory.DILATIONS, strict=True)):
        last = place == len(TAPS) - 1
        after = mel.PARAMETERS.bands if last else WIDTH
        margin = dilation * (taps // 2)
        parts.append(nn.Conv1d(before, after, taps, padding=margin, dilation=dilation))
        if not last:
            parts += [nn.BatchNorm1d(after), nn.ReLU()]
        before = after
    return nn.Sequential(*parts)


def cut(pair: Pair, rng: np.random.Generator) -> Pair:
    """CUT frames of both, the last ones repeated where there are fewer."""
    inputs, targets = pair
    count = min(len(inputs), len(targets))
    begin = int(rng.integers(max(count - CUT, 0) + 1))
    at = np.minimum(begin + np.arange(CUT), count - 1)
    return inputs[at].T, targets[at].T


def train(pairs: Sequence[Pair], steps: int = STEPS) -> articulatory.Network:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    rng, made = np.random.default_rng(SEED), network()
    moved = np.concatenate([moves for moves, _ in pairs])
    mean, deviation = moved.mean(axis=0), moved.std(axis=0)
    if not deviation.all():
        raise UserError("expected articulation that moves in every channel; take another corpus")
    heard = [(articulatory.inputs(moves, mean, deviation), mels) for moves, mels in pairs]
    lengths = np.array([len(mels) for _, mels in heard])
    optimiser = torch.optim.AdamW(made.parameters(), RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for _ in range(steps):
        places = rng.choice(len(heard), BATCH, p=lengths / lengths.sum())
        batch = [cut(heard[place], rng) for place in places]
        inputs, targets = (torch.tensor(np.stack(part)) for part in zip(*batch, strict=True))
        loss = nn.functional.l1_loss(made(inputs), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return articulatory.Network(plain(made.eval()), mean, deviation)


def main() -> None:
    """Parse the command line, train and write."""
    parser = argparse.ArgumentParser(description="Train the articulatory synthesiser.")
    args = parsed(parser, STEPS)
    try:
        pairs = [pair for folder in dict.fromkeys(args.folder) for pair in recordings(folder)]
        if not pairs:
            raise UserError("expected recordings with voice, found none; take another corpus")
        articulatory.write(args.out, train(pairs, args.steps))
    except UserError as error:
        raise SystemExit(str(error)) from None
    print(f"{args.out}: {len(pairs)} recordings")


if __name__ == "__main__":
    main()
