"""The mel spectrogram of speech from surface EMG of the face."""

from benchmark.core import COURSES, TRIVIAL, Task
from benchmark.metrics.speech import heard, mcd, mel, mel_in_speech, vocoded

FULL = (
    "embedded.new_talkers_sentences",
    "embedded.new_session",
    "embedded.silent_from_voiced",
    "embedded.silent_from_silent",
    "embedded.silent_from_both",
    "gaddy2020.voiced_to_silent",
    "gaddy2020.silent_official",
    "emg_uka_trial.silent_from_audible",
    "emg_uka_trial.silent",
    "emg_uka_trial.silent_from_both",
)

TASK = Task(
    title="EMG to mel spectrogram",
    inputs=("emg",),
    target="mel",
    splits=(
        "embedded.new_sentences",
        "embedded.new_talkers_sentences",
        "embedded.new_session",
        "embedded.silent_from_voiced",
        "embedded.silent_from_silent",
        "embedded.silent_from_both",
        "gaddy2020.official",
        "gaddy2020.voiced_to_silent",
        "gaddy2020.silent_official",
        "gaddy2020.silent_and_voiced",
        "emg_uka_trial.audible",
        "emg_uka_trial.silent_from_audible",
        "emg_uka_trial.silent",
        "emg_uka_trial.silent_from_both",
        "emg_uka_trial.across_sessions",
    ),
    smoke=("embedded.smoke_sentences",),
    metrics=(
        mel.MEL_MSE,
        mel.MEL_R,
        mel.MEL_R_FRAME,
        mel_in_speech.MSE_IN_SPEECH,
        mel_in_speech.R_IN_SPEECH,
        vocoded.STOI,
        vocoded.ESTOI,
        mcd.MCD_LOG_MEL,
        mcd.MCD_LOG_MEL_DTW,
        heard.WER_HEARD,
        heard.CER_HEARD,
    ),
    trivial_baselines=(*TRIVIAL, *COURSES),
    citation="Gaddy and Klein 2020, arXiv:2010.02960",
    version="1",
    oracles=("oracle_target", "oracle_resynthesis"),
    full=FULL,
)
