"""STOI and ESTOI, short-time objective intelligibility, with the conventions of `pystoi` 0.4.1.

Both signals go to 10 kHz; frames of 25.6 ms that lie more than 40 dB below the loudest frame of the
*clean* signal are dropped, the others overlap-added again; magnitudes in 15 third-octave bands from
150 Hz; segments of N = 30 frames, one at every frame. With x the clean and y the degraded segment
(bands, frames), and r(., .) Pearson's correlation:

    STOI:  mean over segments and bands of r(x_b, min(y_b |x_b| / |y_b|, x_b (1 + 10^(15/20))))
    ESTOI: mean over segments of 1/N sum_t r(x'_t, y'_t), r over bands;
           x', y' are the segments with each band at zero mean and unit norm

(Taal et al. 2011; Jensen & Taal 2016). No unit, no alignment in time, at most 1; neither gain nor
polarity matters, so both sides are brought to peak 1 first, which makes STOI's additive constant
negligible. As in the library the last of the frames that were kept is lost.

A band that does not move within a segment, or a frame whose normalised bands are all equal, has no
correlation; it contributes 0 to ESTOI. The library adds noise of rounding size there, which makes
its value random where a segment of the degraded signal is silent. Elsewhere both values equal the
library's to rounding.

STOI clips the predicted envelope at 6.6 times the true one, so that one which does not move has 0.4
to 0.5: it follows speech into its pauses. A prediction that cannot be speech has no score: it has
less than 1e-6 of its power from 150 to 4,300 Hz, or changes in fewer than 5 of the 15 bands
(`speech/_sound.py`). Steady noise still has 0.36.

Sound is taken in blocks, so that memory grows only by the band envelopes: 34 MB a side for an hour.
The loudest frame has to be known first, so sound of more than 7 minutes is resampled twice.

Worst: STOI 0, the expected value for a prediction unrelated to the target (the library's own value
for silence). ESTOI -1, the least its products can sum to: unrelated noise falls a little below 0
there and must not score worse than an unscorable prediction.
Score: mean over recordings; statistics [value, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmark.core import Array, Metric, Signal, Undefined, UndefinedTarget
from benchmark.metrics._measurement import (
    LastPair,
    finite,
    mean_statistics,
    plausible_mean,
    reduce_mean,
    shapes,
    whole_rate,
)
from benchmark.metrics.speech import _resampling, _sound

Floats = NDArray[np.float64]

RATE = 10_000  # Hz
FRAME, HOP, SEGMENT = 256, 128, 30  # samples, samples, frames
BANDS, LOWEST, BINS = 15, 150, 512  # third octaves, Hz of the first centre, points of the FFT
DYNAMIC_RANGE = 40  # dB
CLIP = 1 + 10 ** (15 / 20)
EPS = float(np.finfo(np.float64).eps)
STILL = 1e-10  # deviation from the mean, relative to the norm, that rounding alone may cause
BLOCK = 1024  # frames of sound at a time: 13 s
KEPT = 32  # blocks that stay resampled: 7 minutes, 34 MB a side
CHUNK = 256  # segments at a time, so that they stay in a processor's cache


def stoi(clean: Array, degraded: Array, rate: float) -> float:
    """STOI of `degraded` against `clean`, both (samples,) at `rate` Hz, a whole number.

    Raises ValueError for unequal lengths, other than one axis, NaN, infinity or a wrong rate, and
    Undefined for silence, less than 30 frames of active speech and what cannot be speech.
    """
    return _mean(_correlations, *_of_sound(clean, degraded, rate))


def estoi(clean: Array, degraded: Array, rate: float) -> float:
    """ESTOI; input and errors as for `stoi`."""
    return _mean(_extended, *_of_sound(clean, degraded, rate))


def both(clean: Array, degraded: Array, rate: float) -> tuple[float, float]:
    """STOI and ESTOI from one pass over the sound; input and errors as for `stoi`."""
    envelopes = _of_sound(clean, degraded, rate)
    return _mean(_correlations, *envelopes), _mean(_extended, *envelopes)


def _of_sound(clean: Array, degraded: Array, rate: float) -> tuple[Floats, Floats]:
    """`_envelopes`; Undefined also for a prediction that cannot be speech."""
    envelopes = _envelopes(clean, degraded, rate)
    _sound.check(np.asarray(degraded), whole_rate(rate))
    return envelopes


def _envelopes(clean: Array, degraded: Array, rate: float) -> tuple[Floats, Floats]:
    """Magnitudes (bands, frames) of both where the clean one is active; or why there are none."""
    degraded, clean = shapes(degraded, clean, 1)
    finite(degraded, "prediction")
    finite(clean, "target")
    hertz = whole_rate(rate)
    x = _reader(clean, hertz, UndefinedTarget("silent"))
    spans = _spans(-(-clean.size * RATE // hertz))
    if not spans:
        raise UndefinedTarget("too short")
    level = np.concatenate([_level(_frames(x(*span))) for span in spans])
    active = level > level.max() - DYNAMIC_RANGE
    count = int(active.sum()) - 1
    if count < SEGMENT:
        raise UndefinedTarget(f"less than {SEGMENT} frames of speech")
    y = _reader(degraded, hertz, Undefined("silent prediction"))
    bands = _bands(x, spans, active, count), _bands(y, spans, active, count)
    if not bands[1].any():
        raise Undefined("silent prediction")
    return bands


def _reader(signal: Array, rate: int, silent: Undefined) -> Callable[[int, int], Floats]:
    """A function that gives samples [start, stop) of a signal at 10 kHz and with peak 1."""
    low, high = float(signal.min()), float(signal.max())
    if low == high:
        raise silent
    peak = max(-low, high)

    @lru_cache(maxsize=KEPT)
    def read(start: int, stop: int) -> Floats:
        return _resampling.resampled(signal, rate, RATE, start, stop) / peak

    return read


def _spans(samples: int) -> list[tuple[int, int]]:
    """Samples [start, stop) of each block of frames. A frame that ends the signal is left out."""
    frames = len(range(0, samples - FRAME, HOP))
    edges = [*range(0, frames, BLOCK), frames]
    return [(first * HOP, (last - 1) * HOP + FRAME) for first, last in pairwise(edges)]


@lru_cache(maxsize=1)
def _window() -> Floats:
    return np.hanning(FRAME + 2)[1:-1]


def _frames(sound: Floats) -> Floats:
    """Windowed frames (frames, FRAME)."""
    return np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP] * _window()


def _level(frames: Floats) -> Floats:
    return np.asarray(20 * np.log10(np.sqrt(np.einsum("ij,ij->i", frames, frames)) + EPS))


def _bands(
    read: Callable[[int, int], Floats],
    spans: list[tuple[int, int]],
    active: NDArray[np.bool_],
    count: int,
) -> Floats:
    """Magnitudes (bands, count) of the sound that overlap-adding the active frames gives."""
    from pystoi.utils import thirdoct

    matrix, _ = thirdoct(RATE, BINS, BANDS, LOWEST)
    bands, done = np.empty((BANDS, count)), 0
    for sound in _joined(read, spans, active):
        spectrum = np.fft.rfft(_frames(sound), n=BINS)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        bands[:, done : done + len(power)] = np.sqrt(matrix @ power.T)
        done += len(power)
    return bands


def _joined(
    read: Callable[[int, int], Floats], spans: list[tuple[int, int]], active: NDArray[np.bool_]
) -> Iterator[Floats]:
    """The active frames of each block overlap-added; blocks share HOP samples, as frames do.

    With half a frame as hop, a stretch of HOP samples is the second half of one frame plus the
    first half of the next.
    """
    tail = np.zeros(HOP)  # second half of the last frame
    joined = np.empty(0)  # the last stretch that is complete
    at = 0
    for start, stop in spans:
        after = at + (stop - start) // HOP - 1
        frames = _frames(read(start, stop))[active[at:after]]
        at = after
        tails = np.concatenate([tail[None], frames[:, HOP:]])
        joined = np.concatenate([joined, (frames[:, :HOP] + tails[:-1]).ravel()])
        tail = tails[-1]
        if joined.size >= FRAME:
            yield joined
            joined = joined[-HOP:]


def _mean(score: Callable[[Floats, Floats], float], x: Floats, y: Floats) -> float:
    """Mean over all segments of what `score` sums over segments (bands, SEGMENT, segments)."""
    total, segments = 0.0, x.shape[1] - SEGMENT + 1
    for first in range(0, segments, CHUNK):
        part = slice(first, first + CHUNK + SEGMENT - 1)
        total += score(_segments(x[:, part]), _segments(y[:, part]))
    return float(total / segments)


def _segments(bands: Floats) -> Floats:
    """Segments last, since that is the axis along which numbers lie side by side."""
    view = np.lib.stride_tricks.sliding_window_view(bands, SEGMENT, axis=1)
    return view.transpose(0, 2, 1)


def _correlations(x: Floats, y: Floats) -> float:
    y = np.minimum(y * (_norm(x, 1) / (_norm(y, 1) + EPS)), x * CLIP)
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    power = (_norm(x, 1) + EPS) * (_norm(y, 1) + EPS)
    return float((np.einsum("bts,bts->bs", x, y) / power[:, 0]).sum() / BANDS)


def _extended(x: Floats, y: Floats) -> float:
    x, y = (_unit(_unit(side, 1), 0) for side in (x, y))
    return float(np.einsum("bts,bts->", x, y) / SEGMENT)


def _unit(x: Floats, axis: int) -> Floats:
    """`x` with zero mean and unit norm along an axis; 0 where it is still."""
    before = _norm(x, axis)
    x = x - x.mean(axis=axis, keepdims=True)
    norm = _norm(x, axis)
    moves = norm > STILL * before
    return np.asarray(x * np.where(moves, 1 / np.where(moves, norm, 1), 0))


def _norm(x: Floats, axis: int) -> Floats:
    subscripts = "bts,bts->bs" if axis == 1 else "bts,bts->ts"
    return np.expand_dims(np.sqrt(np.einsum(subscripts, x, x)), axis)


_both = LastPair(both)  # each metric asks for its own


def _measure(prediction: Array, target: Array, signal: Signal, which: int) -> Array:
    return mean_statistics(_both(target, prediction, whole_rate(signal.rate))[which])


def _worst(_: Signal, value: float) -> Array:
    return mean_statistics(value)


STOI = Metric(
    id="stoi@1",
    title="STOI",
    unit="",
    better="higher",
    measure=partial(_measure, which=0),
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=partial(_worst, value=0.0),
    definition="correlation of third-octave envelopes over 384 ms, clipped at -15 dB",
    source="Taal et al. 2011; pystoi 0.4.1",
    scale=(None, 1.0),
    degenerate="steady noise: an envelope that hardly moves is clipped to that of the speech",
)
ESTOI = Metric(
    id="estoi@2",
    title="ESTOI",
    unit="",
    better="higher",
    measure=partial(_measure, which=1),
    reduce=reduce_mean,
    plausible=plausible_mean,
    worst=partial(_worst, value=-1.0),
    definition="correlation of normalised spectrograms over 384 ms",
    source="Jensen & Taal 2016; pystoi 0.4.1",
    scale=(-1.0, 1.0),
)
