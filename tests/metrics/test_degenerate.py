"""What is better than doing nothing without knowing anything is known here, with its margin.

On a few test recordings of each task. A hole that comes, grows or goes fails the test.
"""

import importlib
from pathlib import Path

import pytest

from parts import needs

# Every so manieth test recording: three to eight of a task, since each has 40 predictions to score.
EVERY = {
    "emg_speech_enhancement": 150,
    "emg_to_articulation": 30,
    "emg_to_mel": 30,
    "emg_to_text": 13,
    "emg_word_classification": 13,
    "lip_to_ultrasound": 72,
    "seeg_to_mel": 13,
}
# What is heard in nothing hangs on near ties, which processors break differently: of few sentences
# a word more or less is a margin of 0.03 to 0.06 that comes and goes.
HEARD = 0.2
# By task: metric, prediction: by how much it is better than doing nothing.
HOLES = {
    "emg_to_articulation": {
        ("pearson.per_recording@1", "mean course, tiny"): 0.05187,
        ("pearson.per_recording@1", "mean course"): 0.05187,
        ("pearson.per_recording@1", "mean course, reversed"): 0.03552,
        ("pearson.per_recording@1", "ramp"): 0.02291,
        ("pearson.per_recording@1", "level of the input"): 0.008301,
        ("rmse.per_recording@1", "arc"): 0.021,
        ("pitch_r.voiced@1", "ramp"): 0.1558,
        ("pitch_r.voiced@1", "level of the input"): 0.07621,
    },
    "emg_to_mel": {
        ("mel_mse.mean@1", "mean course"): 0.7797,
        ("mel_mse.mean@1", "mean course, reversed"): 0.7775,
        ("mel_mse.mean@1", "mean course of all channels"): 0.7286,
        ("mel_mse.mean@1", "level of the input"): 0.5313,
        ("mel_r.per_bin_over_time@1", "arc"): 0.2885,
        ("mel_r.per_bin_over_time@1", "mean course of all channels"): 0.267,
        ("mel_r.per_bin_over_time@1", "mean course, reversed"): 0.2649,
        ("mel_r.per_bin_over_time@1", "mean course"): 0.2647,
        ("mel_r.per_bin_over_time@1", "mean course, tiny"): 0.2647,
        ("mel_r.per_bin_over_time@1", "level of the input"): 0.2353,
        ("mel_mse.in_speech@1", "arc"): 0.852,
        ("mel_mse.in_speech@1", "mean course"): 0.5196,
        ("mel_mse.in_speech@1", "mean course, reversed"): 0.5127,
        ("mel_mse.in_speech@1", "mean course of all channels"): 0.4964,
        ("mel_mse.in_speech@1", "level of the input"): 0.2862,
        ("mel_mse.in_speech@1", "mean, one frame not"): 0.01857,
        ("mel_r.in_speech@1", "mean course of all channels"): 0.1048,
        ("mel_r.in_speech@1", "arc"): 0.1011,
        ("mel_r.in_speech@1", "mean course, tiny"): 0.09971,
        ("mel_r.in_speech@1", "mean course"): 0.09971,
        ("mel_r.in_speech@1", "mean course, reversed"): 0.09525,
        ("mel_r.in_speech@1", "ramp"): 0.05037,
        ("stoi.griffin_lim@1", "arc"): 0.1572,
        ("stoi.griffin_lim@1", "ramp"): 0.1486,
        ("stoi.griffin_lim@1", "mean course of all channels"): 0.1418,
        ("stoi.griffin_lim@1", "mean course, reversed"): 0.1344,
        ("stoi.griffin_lim@1", "mean course"): 0.1277,
        ("stoi.griffin_lim@1", "level of the input"): 0.0627,
        ("stoi.griffin_lim@1", "noise"): 0.04019,
        ("mcd.log_mel@1", "mean course"): 0.4669,
        ("mcd.log_mel@1", "mean course, reversed"): 0.452,
        ("mcd.log_mel_dtw@1", "blind, stretched"): 0.1246,
        ("mcd.log_mel_dtw@1", "mean course"): 0.1172,
        ("mcd.log_mel_dtw@1", "mean course, reversed"): 0.07369,
    },
    "emg_to_text": {
        ("wer.corpus@1", "one word"): 0.1461,
        ("wer.corpus@1", "empty"): 0.1011,
        ("wer.corpus@1", "space"): 0.1011,
        ("wer.corpus@1", "one letter"): 0.1011,
        ("wer.corpus@1", "one letter, repeated"): 0.1011,
        ("wer.corpus@1", "punctuation"): 0.1011,
        ("cer.corpus@1", "one word, repeated"): 0.02222,
        ("cer.corpus@1", "commonest word of each place"): 0.02222,
        ("per.simulated@1", "one word"): 0.01524,
    },
    "emg_word_classification": {},
    "lip_to_ultrasound": {
        ("ssim.wang2004@1", "median"): 0.01779,
        ("ssim.inside_fan@1", "median"): 0.02009,
        ("cw_ssim.sampat2009@1", "mean, twice the contrast"): 0.009201,
    },
    "seeg_to_mel": {
        ("mel_mse.mean@1", "mean course"): 1.075,
        ("mel_mse.mean@1", "mean course of all channels"): 1.008,
        ("mel_mse.mean@1", "mean course, reversed"): 0.9607,
        ("mel_mse.mean@1", "mean, one frame not"): 0.02091,
        ("mel_mse.mean@1", "level of the input"): 0.02031,
        ("mel_r.per_bin_over_time@1", "arc"): 0.4476,
        ("mel_r.per_bin_over_time@1", "mean course of all channels"): 0.4114,
        ("mel_r.per_bin_over_time@1", "mean course"): 0.3973,
        ("mel_r.per_bin_over_time@1", "mean course, tiny"): 0.3973,
        ("mel_r.per_bin_over_time@1", "mean course, reversed"): 0.3701,
        ("mel_r.per_bin_over_time@1", "blind, stretched"): 0.06146,
        ("mel_r.per_frame_over_bins@1", "mean course, reversed"): 0.01227,
        ("mel_mse.in_speech@1", "mean course"): 0.6064,
        ("mel_mse.in_speech@1", "mean course of all channels"): 0.606,
        ("mel_mse.in_speech@1", "arc"): 0.5615,
        ("mel_mse.in_speech@1", "mean course, reversed"): 0.5155,
        ("mel_mse.in_speech@1", "mean, one frame not"): 0.03066,
        ("mel_r.in_speech@1", "mean course of all channels"): 0.1794,
        ("mel_r.in_speech@1", "arc"): 0.1754,
        ("mel_r.in_speech@1", "mean course, tiny"): 0.1531,
        ("mel_r.in_speech@1", "mean course"): 0.1531,
        ("mel_r.in_speech@1", "mean course, reversed"): 0.08998,
        ("stoi.griffin_lim@1", "mean course of all channels"): 0.0201,
        ("mcd.log_mel@1", "mean course"): 0.6514,
        ("mcd.log_mel@1", "mean course, reversed"): 0.5284,
        ("mcd.log_mel_dtw@1", "mean course, reversed"): 0.8536,
        ("mcd.log_mel_dtw@1", "mean course"): 0.7611,
    },
    "emg_speech_enhancement": {
        ("pesq_wb@1", "input after a bang"): 0.1247,
        ("pesq_wb@1", "sweep"): 0.1229,
        ("pesq_wb@1", "noise as loud as the input"): 0.06512,
        ("pesq_wb@1", "noise 1 kHz wide"): 0.06029,
        ("pesq_wb@1", "input 50 ms late"): 0.05146,
        ("pesq_wb@1", "chance"): 0.01779,
        ("pesq_wb@1", "first 60 % of the input"): 0.01643,
        ("pesq_wb@1", "blind"): 0.01457,
        ("pesq_nb@1", "input 50 ms late"): 0.02202,
        ("pesq_nb@1", "input after a bang"): 0.02168,
        ("pesq_nb@1", "chance"): 0.01699,
        ("si_sdr.zero_mean@1", "input clipped"): 0.0723,
    },
}


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).resolve().parents[2] / "benchmarks")
        return importlib.import_module("degenerate")


@pytest.mark.parametrize("task", HOLES)
def test_what_beats_doing_nothing_is_known(task, script):
    if task == "emg_speech_enhancement":
        needs("pesq")
    made = list(script.folds(task, EVERY[task], most=2))
    table = script.scores(made)
    holes = list(script.holes(made[0].task, table))
    heard = {hole.metric: hole.margin for hole in holes if "_asr." in hole.metric}
    assert max(heard.values(), default=0) < HEARD, heard
    found = {(h.metric, h.prediction): h.margin for h in holes if h.metric not in heard}
    assert found == pytest.approx(HOLES[task], abs=2e-3, rel=0.02)
