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
    "emg_speech_enhancement": {
        ("pesq_wb@1", "sweep"): 0.1073,
        ("pesq_wb@1", "noise 1 kHz wide"): 0.01607,
        ("pesq_wb@1", "input after a bang"): 0.008763,
        ("pesq_nb@1", "sign of the input"): 0.02216,
        ("pesq_nb@1", "noise 1 kHz wide"): 0.01112,
    },
    "emg_to_articulation": {
        ("pearson.per_recording@1", "mean course"): 0.1533,
        ("pearson.per_recording@1", "mean course, tiny"): 0.1533,
        ("rmse.per_recording@1", "mean course"): 0.08903,
        ("rmse.per_recording@1", "arc"): 0.03644,
        ("pitch_r.voiced@1", "mean course, tiny"): 0.1817,
        ("pitch_r.voiced@1", "mean course"): 0.1817,
        ("pitch_r.voiced@1", "ramp"): 0.125,
        ("pitch_r.voiced@1", "mean course of all channels"): 0.1013,
        ("pitch_r.voiced@1", "blind, stretched"): 0.05276,
    },
    "emg_to_mel": {
        ("mel_mse.mean@1", "mean course"): 4.605,
        ("mel_mse.mean@1", "mean course of all channels"): 4.262,
        ("mel_mse.mean@1", "mean course, reversed"): 4.102,
        ("mel_mse.mean@1", "blind, stretched"): 2.058,
        ("mel_r.per_bin_over_time@1", "mean course, tiny"): 0.2382,
        ("mel_r.per_bin_over_time@1", "mean course"): 0.2382,
        ("mel_r.per_bin_over_time@1", "mean course of all channels"): 0.2233,
        ("mel_r.per_bin_over_time@1", "mean course, reversed"): 0.203,
        ("mel_r.per_bin_over_time@1", "blind, stretched"): 0.1093,
        ("mel_r.per_bin_over_time@1", "arc"): 0.09463,
        ("mel_r.per_frame_over_bins@1", "mean course"): 0.03421,
    },
    "emg_to_text": {},
    "emg_word_classification": {},
    "lip_to_ultrasound": {
        ("msd.tongue_edge@1", "mean and noise"): 0.1447,
    },
    "seeg_to_mel": {
        ("mel_mse.mean@1", "mean course"): 3.804,
        ("mel_mse.mean@1", "mean course of all channels"): 3.461,
        ("mel_mse.mean@1", "blind, stretched"): 3.101,
        ("mel_mse.mean@1", "mean course, reversed"): 2.99,
        ("mel_r.per_bin_over_time@1", "mean course, tiny"): 0.2547,
        ("mel_r.per_bin_over_time@1", "mean course"): 0.2547,
        ("mel_r.per_bin_over_time@1", "mean course of all channels"): 0.2386,
        ("mel_r.per_bin_over_time@1", "blind, stretched"): 0.2138,
        ("mel_r.per_bin_over_time@1", "mean course, reversed"): 0.1995,
        ("mel_r.per_bin_over_time@1", "arc"): 0.1221,
        ("mel_r.per_frame_over_bins@1", "mean course"): 0.05109,
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
