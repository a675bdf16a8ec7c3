"""How sEEG looks to the sequence-to-sequence network: power or samples of contacts, and classes."""

from __future__ import annotations

import _features as features
import numpy as np
from _nouns import Array, Asked, Inputs, Recording, Recordings
from _seq2seq_losses import centroids
from _views import Trajectory


class OneScale(Trajectory):
    """sEEG to log-mel: high-gamma power at the answer's frames, or the band itself (`raw`).

    Mel has one scale for all bins, so that its error is the task's.
    """

    def __init__(self, asked: Asked, raw: bool) -> None:
        super().__init__(asked)
        self.raw = raw

    def fit(self, train: Recordings) -> None:
        super().fit(train)
        mean, scale = self.standard.mean, self.standard.scale
        common = np.full_like(scale, np.sqrt(np.mean(scale**2)))
        self.standard = features.Standard(mean, common)

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        if not self.raw:
            return super().features(inputs, frames)
        x = features.band(inputs[self.input], self.rate, *features.HIGH_GAMMA)
        return x.astype(np.float32)


class Contacts(OneScale):
    """The same, where rows are mel, then the talker's number.

    Of several talkers each recording is standardised by itself, since its talker may be unknown
    when it is answered; contacts that one lacks are zeros.
    """

    def __init__(self, asked: Asked, raw: bool, classes: int, local: bool) -> None:
        super().__init__(asked, raw)
        self.classes, self.local = classes, local

    def fit(self, train: Recordings) -> None:
        super().fit(train)
        self.talkers = sorted({_talker(recording) for recording in train})
        self.contacts = max(recording[self.input].shape[1] for recording in train)
        self.centroids = self._centroids(train) if self.classes else None

    def features(self, inputs: Inputs | Recording, frames: int) -> Array:
        x = super().features(inputs, frames)
        if len(self.talkers) > 1:
            x = features.Standard.of([x])(x)[:, : self.contacts]
            x = np.pad(x, ((0, 0), (0, self.contacts - x.shape[1])))
        return x.astype(np.float32)

    def rows(self, recording: Recording) -> Array:
        mel, talker = super().rows(recording), _talker(recording)
        number = self.talkers.index(talker) if talker in self.talkers else len(self.talkers)
        return np.concatenate([mel, np.full((len(mel), 1), number)], axis=1)

    def _centroids(self, train: Recordings) -> Array:
        """Classes (bins, classes) of each bin, the same for all unless they are `local`."""
        mel = np.concatenate([super(Contacts, self).rows(recording) for recording in train])
        if self.local:
            return np.stack([centroids(column, self.classes) for column in mel.T])
        return np.tile(centroids(mel, self.classes), (mel.shape[1], 1))


def _talker(recording: Recording) -> str:
    return getattr(recording, "speaker", "")
