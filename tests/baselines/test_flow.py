"""Optical flow: recovers known displacements of images of any size."""

import numpy as np
import pytest

from parts import needs

needs("cv2")


@pytest.fixture(scope="module")
def flow(module):
    return module("_flow").flow


def moving(right, down, frames=4, side=96):
    """A smooth random texture; each frame shows a shifted part of it."""
    rng = np.random.default_rng(1)
    space = side + frames * (abs(right) + abs(down) + 1)
    spectrum = np.fft.fft2(rng.standard_normal((2 * space, 2 * space)))
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(2 * space)] * 2))
    texture = np.fft.ifft2(spectrum * np.exp(-((frequency / 0.05) ** 2))).real
    texture = np.clip(127 + 50 * texture / texture.std(), 0, 255).astype(np.uint8)
    corners = [(space // 2 - down * k, space // 2 - right * k) for k in range(frames)]
    return np.stack([texture[y : y + side, x : x + side] for y, x in corners])


@pytest.mark.parametrize(("right", "down"), [(2, 0), (0, 2), (-1, 2)])
def test_motion_is_right_then_down_in_whole_pixels(flow, right, down):
    middle = flow(moving(right, down), 4)[1:, :, 6:-6, 6:-6].mean(axis=(0, 2, 3))
    np.testing.assert_allclose(middle, [right, down], atol=0.25)


def test_the_first_frame_has_no_motion(flow):
    found = flow(moving(2, 0))
    assert found.dtype == np.float32
    assert not found[0].any()
    assert found[1].any()


def test_a_field_is_the_motion_from_the_previous_frame(flow):
    still = moving(0, 0)
    still[2:] = moving(2, 0, frames=2)[1]
    moved = np.abs(flow(still)[:, 0]).mean(axis=(1, 2))
    assert moved.argmax() == 2
    assert moved[[0, 1, 3]].max() < 1e-3


def test_squares_are_means(flow):
    video = moving(1, 1)[:, :30, :44]
    whole, small = flow(video), flow(video, 4)
    assert small.shape == (4, 2, 7, 11)
    means = whole[:, :, :28].reshape(4, 2, 7, 4, 11, 4).mean(axis=(3, 5))
    np.testing.assert_allclose(small, means, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 8, 9), (1, 24, 24), (2, 1, 40)])
def test_any_size_and_length_is_allowed(flow, shape):
    video = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    found = flow(video)
    assert found.shape == (shape[0], 2, *shape[1:])
    assert np.isfinite(found).all()


def test_it_is_deterministic_and_does_not_change_the_video(flow):
    video = moving(1, 2)
    video.flags.writeable = False
    np.testing.assert_array_equal(flow(video, 2), flow(video, 2))
    np.testing.assert_array_equal(flow(video[:2]), flow(video)[:2])


def test_views_of_a_larger_video_are_allowed(flow):
    video = np.asfortranarray(moving(1, 2))
    np.testing.assert_array_equal(flow(video[:, ::-1]), flow(video[:, ::-1].copy()))
