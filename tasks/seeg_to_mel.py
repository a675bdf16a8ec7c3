"""The mel spectrogram of speech from electrodes inside the brain, one talker at a time."""

from benchmark.core import COURSES, TRIVIAL, Task
from benchmark.metrics.speech import heard, mcd, mel, mel_in_speech, vocoded

TASK = Task(
    title="sEEG to mel spectrogram",
    inputs=("seeg",),
    target="mel",
    splits=(
        "embedded.each_talker",
        "dutch_words.ten_fold",
        "dutch_words_23.ten_fold",
        "vocalmind.new_words",
    ),
    smoke=("embedded.smoke_talkers",),
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
    citation="Kohler et al., Neurons, Behavior, Data analysis, and Theory 2022, arXiv:2111.01457",
    version="1",
    oracles=("oracle_target", "oracle_resynthesis"),
)
