"""Which of a few words was said, or only articulated, from surface recordings of the muscles."""

from benchmark.core import Task
from benchmark.metrics import classification

TASK = Task(
    title="Words from EMG",
    inputs=("emg",),
    target="word",
    splits=(
        "embedded.new_talkers",
        "somach.within_session",
        "somach.across_sessions",
        "somach.new_session_0_repetitions",
        "somach.new_session_1_repetitions",
        "somach.new_session_2_repetitions",
        "somach.new_session_5_repetitions",
        "somach.new_session_20_repetitions",
        "subvocalization_emg.new_speakers_spoken",
        "subvocalization_emg.new_speakers_mouthed",
        "subvocalization_emg.new_speakers_subvocal",
        "nexus_silent_speech.unseen_session",
        "nexus_silent_speech.unseen_session_3_words",
        "silentwear.across_days_silent",
        "silentwear.new_speakers_silent",
        "silentwear.across_days_vocalised",
        "silentwear.new_speakers_vocalised",
    ),
    smoke=("embedded.smoke_words", "open_link.blocks"),
    metrics=(classification.ACCURACY, classification.MACRO_F1),
    citation="Comparison of CNN, Transformer and FFT-CNN classifiers of EMG; no publication",
    version="1",
)
