"""Every golden value against ours. What is golden, and by whom, says golden/make_metrics.py."""

import json

import numpy as np
import pytest

from benchmark.core import Signal
from benchmark.corpora.io.mel import log_mel
from benchmark.metrics import agreement, classification, pearson, rmse, text
from benchmark.metrics.image import cwssim, msd, ssim
from benchmark.metrics.image._contours import compare
from benchmark.metrics.speech import mcd, pesq, sisdr, stoi
from benchmark.results import significance
from parts import needs

OURS = {
    "pearson": lambda x: pearson.per_channel(*x.trajectories()),
    "r2": lambda x: agreement.r2(*agreement.moments(*x.trajectories()[::-1])),
    "ccc": lambda x: agreement.ccc(*agreement.moments(*x.trajectories()[::-1])),
    "mse": lambda x: rmse.squared_errors(*x.trajectories()),
    "rmse": lambda x: rmse.rmse(*x.trajectories()),
    "pesq_wb": lambda x: pesq.pesq(*x.speech(), 16_000, "wb"),
    "pesq_nb": lambda x: pesq.pesq(*x.speech(), 16_000, "nb"),
    "pesq_nb_8k": lambda x: pesq.pesq(*x.speech(8_000), 8_000, "nb"),
    "stoi": lambda x: stoi.stoi(*x.speech(), 16_000),
    "estoi": lambda x: stoi.estoi(*x.speech(), 16_000),
    "si_sdr": lambda x: sisdr.si_sdr(x.speech()[0], x.speech()[1] + 0.1),
    "log_mel": lambda x: log_mel(x.speech()[0], 16_000, 512, 160, 40, 80, 7600)[::50],
    "mcd": lambda x: mcd.mcd(x.cepstra()[0], x.cepstra()[0][::-1]),
    "mcd_log_mel": lambda x: mcd.mcd(*map(mcd.cepstra, x.spectra())),
    "mcd_dtw": lambda x: mcd.mcd_dtw(*x.cepstra()),
    "ssim": lambda x: ssim.per_frame(*frames(x), 255),
    "cw_ssim": lambda x: cwssim.per_frame(*frames(x)),
    "msd": lambda x: msd.msd(*x.contour_pair()),
    "msd_pictures": lambda x: msd.per_frame(x.tongues(), x.tongues(11, 3.0), tongue_signal(x))[0],
    "hausdorff_pictures": lambda x: compared(x).most,
    "tip_pictures": lambda x: compared(x).tip,
    "msd_resampled": lambda x: msd.msd_resampled(*x.contour_pair()),
    "accuracy": lambda x: classification.accuracy(*x.labels()),
    "balanced_accuracy": lambda x: classification.balanced_accuracy(*x.labels()),
    "macro_f1": lambda x: classification.macro_f1(*x.labels(), range(5)),
    "confusion": lambda x: classification.confusion(*x.labels(), range(5)),
    "wer": lambda x: text.word_error_rate(*x.transcripts()),
    "cer": lambda x: text.character_error_rate(*x.transcripts()),
    "holm": lambda x: significance.holm(x.pvalues()),
    "bonferroni": lambda x: significance.bonferroni(x.pvalues()),
    "benjamini_hochberg": lambda x: significance.benjamini_hochberg(x.pvalues()),
    "friedman": lambda x: significance.friedman(x.scores()),
    "average_ranks": lambda x: significance.average_ranks(x.scores(), True),
}
# PESQ is computed in float32 by a library in C.
LOOSE = {"pesq_wb": 1e-4, "pesq_nb": 1e-4, "pesq_nb_8k": 1e-4, "cw_ssim": 1e-6}


def frames(x):
    return x.ultrasound(), x.ultrasound(seed=5, centre=62.0)


def compared(x):
    return compare(x.tongues(), x.tongues(11, 3.0), tongue_signal(x))


def tongue_signal(x):
    return Signal("grey", "uint8", 60.0, (60, 72), span=255.0, fan=(*x.APEX, x.PITCH))


def test_every_golden_value_has_a_source_and_is_compared(golden, inputs):
    content = json.loads((inputs.HERE / "metrics.json").read_text())
    assert set(OURS) == set(golden) == set(content["sources"])


@pytest.mark.parametrize("name", OURS)
def test_equals_the_golden_value(name, golden, inputs):
    if name.startswith("pesq"):
        needs("pesq")
    tolerance = LOOSE.get(name, 1e-9)
    np.testing.assert_allclose(OURS[name](inputs), golden[name], rtol=0, atol=tolerance)
