import importlib.util
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import Signal, Undefined
from benchmark.metrics.image import cwssim
from benchmark.metrics.image.cwssim import CW_SSIM, coefficients, cw_ssim, per_frame, similarity

VIDEO = Signal(unit="grey", dtype="uint8", rate=60.0, frame=(96, 96), span=255.0)


@pytest.fixture(scope="module")
def reference():
    """CW-SSIM written out level by level at full size, for images with even sides."""
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "image_metrics.py"
    spec = importlib.util.spec_from_file_location("image_metrics", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.plain_cw_ssim


def images(height, width, seed=0):
    """Two pictures of noise on blobs: half alike, with energy at every frequency."""
    random = np.random.default_rng(seed)
    a, b = random.integers(0, 256, (2, height, width))
    return a.astype(np.uint8), ((a + b) // 2).astype(np.uint8)


@pytest.mark.parametrize(
    ("shape", "level", "orientations", "k"),
    [
        ((96, 96), 4, 8, 0.01),
        ((128, 128), 4, 8, 0.01),
        ((240, 320), 4, 8, 0.01),
        ((240, 320), 4, 16, 0.0),
        ((240, 320), 3, 8, 0.01),
        ((240, 320), 5, 2, 0.01),
        ((64, 300), 4, 8, 0.01),
        ((200, 64), 4, 5, 0.0),
        ((90, 134), 4, 8, 0.01),
        ((90, 134), 2, 16, 10.0),
        ((66, 100), 3, 3, 0.01),
        ((100, 66), 1, 16, 0.01),
        ((32, 34), 1, 1, 0.0),
        ((32, 34), 2, 1, 0.01),
        ((8, 8), 1, 8, 0.01),
    ],
)
def test_equals_a_pyramid_built_level_by_level(reference, shape, level, orientations, k):
    a, b = images(*shape)
    expected = reference(a, b, level, orientations, k)
    assert 0.3 < expected < 0.95
    assert cw_ssim(a, b, level, orientations, k) == pytest.approx(expected, abs=1e-10)


def test_equals_a_pyramid_built_level_by_level_on_pictures(reference, pair):
    expected = [reference(a, b) for a, b in zip(*pair, strict=True)]
    assert per_frame(*pair) == pytest.approx(expected, abs=1e-10)
    got = CW_SSIM.measure(pair[1], pair[0], VIDEO)
    assert got == pytest.approx([np.mean(expected), 1], abs=1e-10)


def test_only_bands_of_the_coarsest_level_count():
    """At level 4 a band reaches from 1/32 to 1/8 of the width's sampling frequency, exclusively."""
    across = 2 * np.pi * np.arange(96) / 96
    wave = {n: np.tile(100 * np.cos(n * across), (96, 1)) for n in (1, 3, 5, 12)}
    base = wave[3] + 0.5 * wave[5]
    for silent in (1, 12):
        assert cw_ssim(base, base + wave[silent]) == pytest.approx(1, abs=1e-9)
    assert cw_ssim(base, base + np.roll(wave[5], 5, axis=1)) < 0.99


def test_gain_of_the_pyramid():
    """A wave in the middle of the band, against K, shows how large its coefficients are.

    Half the amplitude for each of its two frequencies, twice that for a one-sided lobe, and 8^2
    because a band is sampled at every 8th pixel but not averaged. The squares of the angular masks
    cos^7 sum to 1 over the orientations before the doubling.
    """
    wave = np.tile(np.cos(2 * np.pi * 4 * np.arange(128) / 128), (128, 1))
    lobes = np.cos(np.pi * np.arange(8) / 8) ** 14
    energy = (0.5 * 2 * 8**2) ** 2 * lobes / lobes.sum()
    k = 1000.0
    expected = np.mean((2 * 0.5 * energy + k) / (1.25 * energy + k))
    assert cw_ssim(wave, 0.5 * wave, k=k) == pytest.approx(expected, abs=1e-6)


def test_invariant_to_sign_and_level_but_not_to_structure(pair):
    a = pair[0][1].astype(float)
    assert cw_ssim(a, a) == pytest.approx(1, abs=1e-12)
    assert cw_ssim(a, 255 - a) == pytest.approx(1, abs=1e-12)
    assert cw_ssim(a, a + 50) == pytest.approx(1, abs=1e-12)
    assert cw_ssim(a, 0 * a) < 1e-4
    noise, _ = images(240, 320)
    assert cw_ssim(noise, 0.5 * noise, k=0.0) == pytest.approx(2 * 0.5 / 1.25, abs=1e-12)
    assert cw_ssim(noise, np.roll(noise, 1, axis=1)) > 0.9
    assert cw_ssim(noise, images(240, 320, seed=1)[0]) < 0.4


def test_symmetric(pair):
    assert per_frame(*pair) == pytest.approx(per_frame(*pair[::-1]), abs=1e-14)


def test_the_last_row_and_column_of_odd_sizes_are_left_out():
    a, b = images(97, 129)
    expected = cw_ssim(a[:96, :128], b[:96, :128])
    assert cw_ssim(a, b) == expected
    assert cw_ssim(a[:96], b[:96]) == expected
    b[96] = 255
    assert cw_ssim(a, b) == expected


def test_frames_are_scored_one_by_one_whatever_the_block_size(pair, monkeypatch):
    target, prediction = (np.tile(x, (40, 1, 1))[:-1] for x in pair)
    expected = [cw_ssim(a, b) for a, b in zip(*pair, strict=True)]
    expected = np.tile(expected, 40)[:-1]
    assert per_frame(target, prediction) == pytest.approx(expected, abs=1e-13)
    monkeypatch.setattr(cwssim, "BYTES", 1)
    assert per_frame(target[:5], prediction[:5]) == pytest.approx(expected[:5], abs=1e-13)


def test_coefficients_of_the_target_can_be_kept(pair):
    target, prediction = pair
    kept = coefficients(target)
    assert kept.shape == (4, 8, 12, 12)
    before = kept.copy()
    got = similarity(kept, coefficients(prediction))
    assert got == pytest.approx(per_frame(target, prediction), abs=1e-14)
    assert np.array_equal(kept, before)
    with pytest.raises(ValueError, match="coefficients"):
        similarity(kept, kept[:2])
    with pytest.raises(ValueError, match="expected images"):
        coefficients(target[0])


def test_values_are_scaled_to_a_span_of_255(pair):
    a, b = (0.02 * x for x in pair)  # so faint that K matters
    expected = CW_SSIM.measure(b, a, VIDEO)
    unit = Signal(unit="", dtype="float64", frame=(96, 96), span=1.0)
    assert CW_SSIM.measure(b / 255, a / 255, unit) == pytest.approx(expected, abs=1e-12)
    assert per_frame(a / 255, b / 255).mean() != pytest.approx(expected[0], abs=1e-3)


def test_dtype_and_layout_do_not_matter_and_repeats_are_equal(pair):
    a, b = pair
    kept = a.copy(), b.copy()
    first = per_frame(a, b)
    assert np.array_equal(per_frame(a.astype(np.float32), b.astype(np.int64)), first)
    assert np.array_equal(per_frame(np.asfortranarray(a), b[:, ::-1][:, ::-1]), first)
    for _ in range(19):
        assert np.array_equal(per_frame(a, b), first)
    assert np.array_equal(a, kept[0])
    assert np.array_equal(b, kept[1])


@pytest.mark.parametrize("value", [0.0, 0.1, 200.0])
def test_blank_pictures(value):
    for shape in [(96, 96), (90, 134)]:
        a, b = np.full(shape, value), np.full(shape, 7.3)
        assert cw_ssim(a, b) == pytest.approx(1, abs=1e-12)
        with pytest.raises(Undefined, match="0/0"):
            cw_ssim(a, b, k=0.0)
        assert cw_ssim(images(*shape)[0], a, k=0.0) == pytest.approx(0, abs=1e-12)


def test_a_faint_pattern_is_no_rounding_error():
    faint = 100 + 1e-8 * images(96, 96)[0]
    assert cw_ssim(faint, faint, k=0.0) == pytest.approx(1)


def test_refuses_other_shapes_and_nan(pair, wrong):
    a, b = pair
    with pytest.raises(ValueError, match=r"prediction|expected|images"):
        per_frame(a, wrong(b))
    with pytest.raises(ValueError, match=r"prediction|target|expected|images"):
        per_frame(wrong(a), b)


@pytest.mark.parametrize(
    "options",
    [
        {"level": 5},
        {"level": 0},
        {"level": 1.5},
        {"orientations": 0},
        {"orientations": 17},
        {"orientations": 2.5},
        {"k": -0.01},
        {"k": np.nan},
        {"k": np.inf},
    ],
)
def test_refuses_settings_without_meaning(pair, options):
    with pytest.raises(ValueError, match=r"level|orientations|k of"):
        per_frame(*pair, **options)


def test_a_level_needs_enough_pixels():
    assert 0 < cw_ssim(*images(64, 65)) < 1
    for shape in [(63, 320), (320, 63)]:
        with pytest.raises(ValueError, match="64 pixels"):
            cw_ssim(*images(*shape))


def test_too_large_to_square_is_undefined(pair):
    _, prediction = pair
    for factor in (1e200, 1e305):
        with pytest.raises(Undefined, match="too large"):
            CW_SSIM.measure(prediction * factor, pair[0], VIDEO)
    assert CW_SSIM.worst(VIDEO).tolist() == [0, 1]


@pytest.mark.parametrize("span", [None, 0.0, -1.0, np.nan, 1e200])
def test_needs_the_span(pair, span):
    with pytest.raises(ValueError, match=r"span|expected k"):
        CW_SSIM.measure(*pair, Signal(unit="", dtype="uint8", frame=(96, 96), span=span))


def test_memory_does_not_grow_with_the_number_of_frames():
    frames = np.zeros((2000, 64, 64), np.uint8)
    per_frame(frames[:1], frames[:1])
    tracemalloc.start()
    per_frame(frames, frames)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16e6  # float64 copies of the frames would take 65 MB
