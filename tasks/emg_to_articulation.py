"""Movements of tongue, jaw and lips, loudness and pitch, from surface EMG of the face."""

import json
from pathlib import Path

from benchmark.core import COURSES, TRIVIAL, Task
from benchmark.metrics import agreement, pearson, rmse
from benchmark.metrics.speech import heard, pitch

LEXICON = json.loads((Path(__file__).parent / "lexicons" / "simulated.json").read_text("utf-8"))

FULL = (
    "embedded.new_talkers_sentences",
    "embedded.new_speaker_0p5_minutes",
    "embedded.new_speaker_1_minutes",
    "embedded.new_speaker_2_minutes",
    "embedded.new_session",
    "embedded.silent_from_voiced",
    "embedded.silent_from_silent",
    "embedded.silent_from_both",
)

TASK = Task(
    title="EMG to articulation",
    inputs=("emg",),
    target="articulation",
    splits=("embedded.new_sentences", *FULL, "gaddy2020.official"),
    smoke=("embedded.smoke_sentences",),
    metrics=(
        pearson.PER_RECORDING,
        rmse.RMSE,
        agreement.R2,
        agreement.CCC,
        pitch.VOICED_R,
        heard.WER_HEARD,
        heard.phone_error_rate(LEXICON),
    ),
    trivial_baselines=(*TRIVIAL, *COURSES),
    citation="Lee et al., Interspeech 2025, arXiv:2505.13814",
    version="1",
    oracles=("oracle_target",),
    privileged=("phones",),
    full=FULL,
)
