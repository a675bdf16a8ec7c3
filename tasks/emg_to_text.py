"""What was said, or only articulated, as text from surface EMG."""

import json
from pathlib import Path

from benchmark.core import TRIVIAL, Task
from benchmark.metrics import text

LEXICON = json.loads((Path(__file__).parent / "lexicons" / "simulated.json").read_text("utf-8"))

FULL = (
    "embedded.silent_from_voiced",
    "embedded.silent_from_silent",
    "embedded.silent_from_both",
    "emg_uka_trial.silent_from_audible",
    "emg_uka_trial.silent_from_both",
)

TASK = Task(
    title="EMG to text",
    inputs=("emg",),
    target="text",
    splits=(
        "embedded.new_sentences",
        "embedded.silent_from_voiced",
        "embedded.silent_from_silent",
        "embedded.silent_from_both",
        "gaddy2020.official",
        "gaddy2020.voiced_to_silent",
        "gaddy2020.silent_official",
        "gaddy2020.silent_and_voiced",
        "gaddy2020.closed_vocabulary",
        "emg_uka_trial.audible",
        "emg_uka_trial.silent_from_audible",
        "emg_uka_trial.silent",
        "emg_uka_trial.silent_from_both",
        "emg_uka_trial.across_sessions",
    ),
    smoke=("embedded.smoke_sentences",),
    metrics=(text.WER, text.CER, text.phone_error_rate("simulated", LEXICON)),
    trivial_baselines=(*TRIVIAL, "fixed_text"),
    citation="Gaddy and Klein, ACL 2021, arXiv:2106.01933",
    version="1",
    full=FULL,
)
