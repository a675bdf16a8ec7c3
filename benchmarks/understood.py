"""How near a spectrogram must be to the true one for its words to be understood.

    OMP_NUM_THREADS=1 python benchmarks/understood.py [--every 2]

Every so manieth validation sentence of `embedded.new_sentences`: its true spectrogram is mixed with
what `ridge` makes of the EMG, and the fixed recogniser writes down what it hears. A system errs in
other ways than a mixture, so this tells the order of magnitude of an MSE that matters.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import jiwer
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "baselines"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import ridge

import silentbench
from benchmark.core import Array
from benchmark.metrics.speech import mel
from benchmark.recogniser import heard

SHARES = (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0)  # of the true spectrogram
SPLIT = "embedded.new_sentences"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--every", type=int, default=2)
    every = parser.parse_args().every
    fold = silentbench.load_fold("emg_to_mel", SPLIT)
    texts = [
        "".join(map(chr, r["text"])) for r in silentbench.load_fold("emg_to_text", SPLIT).valid
    ]
    model = ridge.Model(fold.asked, 0)
    model.fit(fold.train, fold.valid)
    true = [np.asarray(recording["mel"], np.float64) for recording in fold.valid[::every]]
    made = [
        np.asarray(model.predict({"emg": recording["emg"]}, target.shape), np.float64)
        for recording, target in zip(fold.valid[::every], true, strict=True)
    ]
    print(f"{len(true)} sentences\n\n| share of the truth | MSE [ln²] | WER |\n|---|---|---|")
    for share in SHARES:
        mixed: list[Array] = [share * t + (1 - share) * m for t, m in zip(true, made, strict=True)]
        error = np.mean([mel.mse(one, target) for one, target in zip(mixed, true, strict=True)])
        rate = jiwer.wer(texts[::every], [heard.text(one) for one in mixed])
        print(f"| {share:.1f} | {error:.2f} | {rate:.2f} |", flush=True)


if __name__ == "__main__":
    main()
