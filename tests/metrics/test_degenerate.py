"""What is better than doing nothing without knowing anything is known here, with its margin.

On a few test recordings of each task. A hole that comes, grows or goes fails the test.
"""

import importlib
from pathlib import Path

import pytest

from parts import needs

EVERY = {"emg_speech_enhancement": 37, "lip_to_ultrasound": 25}  # else 13
# By task: metric, prediction: by how much it is better than doing nothing.
HOLES = {
    "emg_to_articulation": {
        ("pearson.per_recording@1", "mean course"): 0.1299,
        ("pearson.per_recording@1", "mean course, tiny"): 0.1299,
        ("pearson.per_recording@1", "blind, stretched"): 0.04825,
        ("pearson.per_recording@1", "ramp"): 0.01917,
        ("pearson.per_recording@1", "level of the input"): 0.01864,
        ("pearson.per_recording@1", "mean course, reversed"): 0.01415,
        ("rmse.per_recording@1", "mean course"): 0.03756,
        ("ccc.by_channel@1", "blind, stretched"): 0.03758,
        ("ccc.by_channel@1", "mean course"): 0.02382,
        ("pitch_r.voiced@1", "level of the input"): 0.1273,
        ("pitch_r.voiced@1", "noise"): 0.03599,
        ("pitch_r.voiced@1", "mean and noise"): 0.03598,
        ("pitch_r.voiced@1", "mean, alternating"): 0.03216,
        ("pitch_r.voiced@1", "mean course of all channels"): 0.01822,
        ("r2.by_channel@1", "mean course"): 0.05197,
        ("wer_asr.simulated@1", "mean course"): 0.01124,
        ("wer_asr.simulated@1", "level of the input"): 0.01124,
    },
    "emg_to_mel": {
        ("mel_mse.mean@1", "mean course, reversed"): 0.6903,
        ("mel_mse.mean@1", "mean course"): 0.6736,
        ("mel_mse.mean@1", "mean course of all channels"): 0.6364,
        ("mel_mse.mean@1", "level of the input"): 0.319,
        ("mel_mse.mean@1", "arc"): 0.1756,
        ("mel_r.per_bin_over_time@1", "mean course, reversed"): 0.2881,
        ("mel_r.per_bin_over_time@1", "mean course of all channels"): 0.2829,
        ("mel_r.per_bin_over_time@1", "mean course, tiny"): 0.2824,
        ("mel_r.per_bin_over_time@1", "mean course"): 0.2824,
        ("mel_r.per_bin_over_time@1", "arc"): 0.2703,
        ("mel_r.per_bin_over_time@1", "level of the input"): 0.1561,
        ("mel_r.per_bin_over_time@1", "blind, stretched"): 0.06199,
        ("mel_mse.in_speech@1", "arc"): 0.6825,
        ("mel_mse.in_speech@1", "mean course, reversed"): 0.2989,
        ("mel_mse.in_speech@1", "mean course"): 0.2847,
        ("mel_mse.in_speech@1", "mean course of all channels"): 0.2841,
        ("mel_mse.in_speech@1", "level of the input"): 0.1722,
        ("mel_r.in_speech@1", "level of the input"): 0.0424,
        ("mel_r.in_speech@1", "mean course, reversed"): 0.03525,
        ("mel_r.in_speech@1", "mean course of all channels"): 0.03161,
        ("mel_r.in_speech@1", "mean course, tiny"): 0.03103,
        ("mel_r.in_speech@1", "mean course"): 0.03103,
        ("mel_r.in_speech@1", "arc"): 0.01533,
        ("stoi.griffin_lim@1", "arc"): 0.2115,
        ("stoi.griffin_lim@1", "ramp"): 0.2102,
        ("stoi.griffin_lim@1", "mean course of all channels"): 0.1983,
        ("stoi.griffin_lim@1", "mean course"): 0.1922,
        ("stoi.griffin_lim@1", "mean course, reversed"): 0.1885,
        ("stoi.griffin_lim@1", "level of the input"): 0.1485,
        ("stoi.griffin_lim@1", "noise"): 0.09079,
        ("mcd.log_mel@1", "mean course, reversed"): 0.4123,
        ("mcd.log_mel@1", "mean course"): 0.4081,
        ("mcd.log_mel_dtw@1", "mean course, reversed"): 0.382,
        ("mcd.log_mel_dtw@1", "mean course"): 0.3794,
        ("mcd.log_mel_dtw@1", "blind, stretched"): 0.3247,
        ("wer_asr.simulated@1", "level of the input"): 0.04494,
        ("wer_asr.simulated@1", "ramp"): 0.03371,
        ("wer_asr.simulated@1", "mean course, reversed"): 0.03371,
        ("wer_asr.simulated@1", "mean and noise"): 0.02247,
        ("wer_asr.simulated@1", "noise"): 0.01124,
        ("wer_asr.simulated@1", "arc"): 0.01124,
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
        ("ssim.wang2004@1", "median"): 0.01583,
        ("ssim.inside_fan@1", "median"): 0.0179,
        ("cw_ssim.sampat2009@1", "mean, twice the contrast"): 0.005023,
        ("msd.tongue_edge@1", "mean and noise"): 0.01699,
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
        ("wer_asr.simulated@1", "mean course"): 0.125,
        ("wer_asr.simulated@1", "mean course, reversed"): 0.125,
        ("wer_asr.simulated@1", "mean course of all channels"): 0.125,
    },
    "emg_speech_enhancement": {
        ("pesq_wb@1", "sweep"): 0.1807,
        ("pesq_wb@1", "noise as loud as the input"): 0.06942,
        ("pesq_wb@1", "input after a bang"): 0.05421,
        ("pesq_wb@1", "noise 1 kHz wide"): 0.02026,
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
    made = list(script.folds(task, EVERY.get(task, 13), most=2))
    table = script.scores(made)
    found = {
        (hole.metric, hole.prediction): hole.margin for hole in script.holes(made[0].task, table)
    }
    assert found == pytest.approx(HOLES[task], abs=2e-3, rel=0.02)
