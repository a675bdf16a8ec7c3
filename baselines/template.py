# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Template: mean training answer, stretched"
# authors = ["SilentBench contributors"]
# tasks = ["emg_to_articulation", "emg_to_mel", "seeg_to_mel", "lip_to_ultrasound"]
# licence = "Apache-2.0"
# citation = ""
# causal = false
# trained-on = "the training part of the task"
# ///
"""A floor: the mean course of all training answers, stretched to the length that is asked for."""

# ruff: noqa: ARG002 - the signatures are given
from __future__ import annotations

from _courses import answer, mean_course
from _nouns import Array, Asked, Inputs, Recordings, Shape


class Model:
    def __init__(self, asked: Asked, seed: int) -> None:
        self.target, self.dtype = asked.target, asked.signals[asked.target].dtype

    def fit(self, train: Recordings, valid: Recordings) -> None:
        self.course = mean_course(recording[self.target] for recording in train)
        self.parameters = self.course.size

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        return answer(self.course, shape, self.dtype)
