"""Clean speech from noisy speech and the EMG recorded with it."""

from benchmark.core import TRIVIAL, Task
from benchmark.metrics.speech import heard, pesq, sisdr, stoi

TASK = Task(
    title="EMG-assisted speech enhancement",
    inputs=("noisy", "emg"),
    target="clean",
    splits=(
        "embedded.new_mixtures",
        "csl_emg_array.each_speaker",
        "gaddy2020.mixtures",
        "emg_uka_trial.mixtures",
    ),
    smoke=("embedded.smoke_mixtures",),
    # STOI ranks: in strong noise PESQ-WB tells little apart, at -11 dB all have less than 1.14.
    metrics=(
        stoi.STOI,
        pesq.PESQ_WB,
        pesq.PESQ_NB,
        stoi.ESTOI,
        sisdr.SI_SDR,
        heard.WER_HEARD,
        heard.CER_HEARD,
    ),
    trivial_baselines=(*TRIVIAL, "noisy_speech"),
    unprocessed="noisy_speech",
    oracles=("oracle_target", "oracle_magnitude", "oracle_gain"),
    citation="Wang et al., ICASSP 2022, arXiv:2202.06507",
    version="1",
)
