"""The project's functions under the names and argument orders of a conformance checker.

Nothing is computed here. The first argument is the reference everywhere.
"""

import numpy as np

from benchmark.corpora.io.mel import log_mel
from benchmark.metrics import classification, pearson, text
from benchmark.metrics._measurement import reduce_mean
from benchmark.metrics.image import cwssim, msd, ssim
from benchmark.metrics.speech import mcd, mel, pesq, sisdr
from benchmark.metrics.speech import stoi as intelligibility
from benchmark.results import bootstrap, significance


def as_sums(values):
    """(n,) values as the sums (runs, units, 2) of one run, which a mean reduces."""
    values = np.asarray(values, dtype=np.float64)
    return np.stack([values, np.ones_like(values)], axis=-1)[None]


def interval(values, confidence, draws, seed):
    """Every value is a unit of its own."""
    return percentiles(as_sums(values), confidence, draws, seed)


def interval_of_groups(values, groups, confidence, draws, seed):
    sums, _ = bootstrap.summed(as_sums(values)[0], groups)
    return percentiles(sums[None], confidence, draws, seed)


def percentiles(sums, confidence, draws, seed):
    drawn = bootstrap.resampled(sums, reduce_mean, draws, seed)
    return bootstrap.percentiles(drawn, confidence)


ADAPTER = {
    "pearson_per_channel": lambda ref, pred: pearson.per_channel(pred, ref),
    "pearson_mean": lambda ref, pred: pearson.per_channel(pred, ref).mean(),
    "pearson_corpus": lambda refs, preds: pearson.mean_over_recordings(preds, refs),
    "pesq_nb": lambda ref, deg, fs: pesq.pesq(ref, deg, fs, "nb"),
    "pesq_wb": lambda ref, deg, fs: pesq.pesq(ref, deg, fs, "wb"),
    "stoi": intelligibility.stoi,
    "estoi": intelligibility.estoi,
    "si_sdr": sisdr.si_sdr,
    "log_mel": log_mel,
    "mel_mse": lambda ref, pred: mel.mse(pred, ref),
    "mel_pearson": lambda ref, pred: pearson.per_channel(pred, ref).mean(),
    "mcd": mcd.mcd,
    "mcd_dtw": mcd.mcd_dtw,
    "mcd_wav": None,
    "ssim": ssim.ssim,
    "cw_ssim": cwssim.cw_ssim,
    "msd": msd.msd,
    "msd_resampled": msd.msd_resampled,
    "wer": text.word_error_rate,
    "cer": text.character_error_rate,
    "accuracy": classification.accuracy,
    "macro_f1": classification.macro_f1,
    "balanced_accuracy": classification.balanced_accuracy,
    "confusion_matrix": classification.confusion,
    "bootstrap_ci": interval,
    "bootstrap_ci_clustered": interval_of_groups,
    "paired_permutation_test": significance.sign_flip,
    "wilcoxon_signed_rank": significance.wilcoxon,
    "holm": significance.holm,
    "bonferroni": significance.bonferroni,
    "benjamini_hochberg": significance.benjamini_hochberg,
    "average_ranks": significance.average_ranks,
    "friedman": significance.friedman,
    "nemenyi_cd": significance.nemenyi_distance,
    "aggregate_mean": lambda values: bootstrap.score(as_sums(values), reduce_mean),
}
