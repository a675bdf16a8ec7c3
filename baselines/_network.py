"""What all networks here do around their layers: examples, standardisation, training, answering."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from _features import Standard
from _nouns import Array, Inputs, Recording, Recordings, Shape
from _training import Example, Loss, Recipe, answer, size, squared, train
from _views import View
from torch import nn


class NetworkModel:
    """A view of the task, and layers from its features to its rows; entries fill in the rest."""

    recipe: Recipe
    loss: Loss = staticmethod(squared)

    def __init__(self, view: View, seed: int) -> None:
        self.view, self.seed = view, seed

    def layers(self, frame: Shape, out: int) -> nn.Module:
        """The network from features of one frame's shape to so many columns of rows."""
        raise NotImplementedError

    def scale_of(self, examples: Sequence[Example]) -> Standard:
        """What the features are divided by; an entry may leave them as they are."""
        return Standard.of(example.x for example in examples)

    def fit(self, training: Recordings, valid: Recordings) -> None:
        self.view.fit(training)
        examples, held = self._examples(training), self._examples(valid)
        self.standard = self.scale_of(examples)
        examples, held = self._standardised(examples), self._standardised(held)
        self.network = self.layers(examples[0].x.shape[1:], examples[0].y.shape[-1])
        self.parameters = size(self.network)
        course = train(self.network, examples, held, self.loss, self.recipe, self.seed)
        self.history, self.flops = course.history, course.flops

    def predict(self, inputs: Inputs, shape: Shape) -> Array:
        x = self.standard(self.view.features(inputs, self.view.count(shape)))
        return self.view.answer(answer(self.network, x), inputs, shape)

    def _examples(self, recordings: Recordings) -> list[Example]:
        return [self._example(recording) for recording in recordings]

    def _example(self, recording: Recording) -> Example:
        """Half precision: a training set of sound would not fit in memory otherwise."""
        rows = self.view.rows(recording)
        x = self.view.features(recording, len(rows))
        return Example(x.astype(np.float16), rows.astype(np.float16))

    def _standardised(self, examples: Sequence[Example]) -> list[Example]:
        return [Example(self.standard(e.x).astype(np.float16), e.y) for e in examples]
