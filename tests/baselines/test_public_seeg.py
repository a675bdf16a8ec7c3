"""The faithful sEEG networks against outputs of the public program with the same weights.

How the outputs were made is in `public/stereo_eeg_to_speech.json`.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from seeded import fill, numbers

PUBLIC = Path(__file__).parent / "public"
BINS, CLASSES = 80, 3
CASES = {  # front end, contacts, samples, classes, attention
    "1d": ("1d", 112, 260, 0, "location"),
    "2d": ("2d", 104, 330, 0, "location"),
    "3d": ("3d", 107, 120, 0, "location"),
    "none": ("none", 10, 40, 0, "location"),
    "dot": ("1d", 20, 260, 0, "dot"),
    "classes": ("1d", 20, 260, CLASSES, "location"),
}
TAUGHT = ["1d", "2d", "classes"]


@pytest.fixture(scope="module")
def expected():
    with np.load(PUBLIC / "stereo_eeg_to_speech.npz") as stored:
        return {name: torch.from_numpy(stored[name]) for name in stored.files}


@pytest.fixture(scope="module")
def network(module):
    """The faithful network of a case, its weights from a seed."""
    seq2seq, entry = module("_seq2seq"), module("seeg2mel")
    centres = np.arange(CLASSES) * 10.0 + np.sort(np.arange(BINS * CLASSES).reshape(BINS, -1) % 7)
    sizes = seq2seq.Sizes(16, 2, 16, 12, 12, 16, 3 * BINS * CLASSES, dropout=0.0)

    def make(case, frames):
        front, contacts, _, classes, attention = CASES[case]
        made = seq2seq.Seq2Seq(
            entry.front_end("paper", front, contacts, exact=True),
            contacts,
            frames,
            BINS,
            sizes,
            teacher=1.0,
            centroids=np.sort(centres) / 10 if classes else None,
            attention=attention,
            faithful=True,
        )
        return fill(made, 1)

    return make


def answered(output):
    """Frames, or the logits of their classes side by side."""
    return output.frames if output.logits is None else output.logits.flatten(2)


@pytest.mark.parametrize("case", CASES)
@torch.no_grad()
def test_fifty_frames_equal_those_of_the_public_program(network, expected, case):
    _, contacts, samples, *_ = CASES[case]
    found = answered(network(case, 50).eval()(2 * numbers(1, samples, contacts, seed=2), None))
    torch.testing.assert_close(found, expected[case], rtol=0, atol=1e-5)


def trained(network, case):
    """Output in training, taught by true frames, and those frames (or their classes)."""
    _, contacts, samples, classes, _ = CASES[case]
    made = network(case, 18).double().train()
    x = 2 * numbers(3, samples, contacts, seed=3).double()
    true = numbers(3, 18, BINS, seed=4).double()
    if classes:
        told = ((true + 1) / 2 * classes).long().clamp(max=classes - 1)
        told[0, 0, 0] = classes - 1
        true = made.centroids.expand(3, 18, BINS, classes).gather(-1, told[..., None])[..., 0]
    else:
        told = true = 2 * true
    taught = torch.nn.functional.pad(true, (0, 0, 0, samples - 18))
    return made(torch.cat([x, taught], 2), None), told


@pytest.mark.parametrize("case", TAUGHT)
@torch.no_grad()
def test_training_with_true_frames_equals_the_public_program(network, expected, case):
    found = answered(trained(network, case)[0])[:1]
    torch.testing.assert_close(found.float(), expected[f"{case}_training"], rtol=0, atol=1e-5)


@torch.no_grad()
def test_losses_of_classes_equal_the_public_program(network, module, expected):
    output, classes = trained(network, "classes")
    centres = network("classes", 18).centroids
    true = centres.expand(3, 18, BINS, CLASSES).gather(-1, classes[..., None])
    rows = torch.cat([true[..., 0], torch.zeros(3, 18, 1)], 2)
    model = module("seeg2mel").Model.__new__(module("seeg2mel").Model)
    model.network, model.contrast = torch.nn.Module(), 0.0
    model.network.centroids = centres
    found = []
    for form in ("bins", "mixed"):
        model.form = form
        found.append(float(model.loss(output, rows, None)))
    assert found == pytest.approx(expected["losses"].tolist(), abs=1e-6)


@torch.no_grad()
def test_the_densenet_equals_the_public_program(module, expected):
    dense = module("seeg_densenet")
    network = fill(dense.published(faithful=True, contacts=107), 1).eval()
    seen = 2 * numbers(3, 50, 107, seed=2)
    found = network(seen.repeat_interleave(dense.THINNED, dim=1), None)
    torch.testing.assert_close(found, expected["densenet"], rtol=0, atol=1e-5)
