import dataclasses

import numpy as np
import pytest

from benchmark.corpora.simulated.sensors import lips, ultrasound
from benchmark.corpora.simulated.sensors.source import Source, sampled

WITHOUT_NOISE = dataclasses.replace(lips.PARAMETERS, noise=0.0)
SMOOTH = dataclasses.replace(ultrasound.PARAMETERS, speckle=0.0)


def moved(source, speaker="x1", session="x1-a", seed="a seed", id="x1-s01"):
    """The same movement under other names."""
    named = dataclasses.replace(source.speaker, id=speaker)
    return dataclasses.replace(source, speaker=named, session=session, seed=seed, id=id)


def speckled(*sources: Source):
    """Of each recording its speckle (T, P), where in all of them something is to be seen."""
    smooth = [ultrasound.ultrasound(source, SMOOTH).astype(np.float64) for source in sources]
    rough = [ultrasound.ultrasound(source).astype(np.float64) for source in sources]
    bright = np.min(smooth, axis=(0, 1)) > 20
    return [
        (a[:, bright] - b[:, bright]) / b[:, bright] for a, b in zip(rough, smooth, strict=True)
    ]


def whole(source, parameters):
    """Pictures without noise, drawn in one piece as the docstrings say."""
    face, edges = lips.shape(source, parameters), lips.edges(source, parameters)
    rows, mm = np.arange(96, dtype=np.float32)[None, :, None], np.float32(1 / parameters.scale)

    def below(edge):
        return np.clip(rows - edge[:, None, :] + np.float32(0.5), 0, 1)

    a, b, c, d = map(below, edges)
    base, tint = lips.skin(source, 96), lips.look(source)[1]
    grey = base + (np.float32(tint) + np.float32(14 * 0.3) * (a - b) - base) * (a - d)
    grey -= np.float32(28) * below(lips.shadow(face["jaw"], parameters))
    middle, tip = (edges[1] + edges[2]) / 2, face["height"].astype(np.float32)[:, None] * mm
    bright = np.clip(80 + 8 * face["advance"], 45, 130).astype(np.float32)[:, None, None]
    inside = 30 + (bright - 30) * below(middle - tip)
    teeth = np.minimum(0.4 * face["gap"], 3.0).astype(np.float32)[:, None] * mm
    inside += (190 - inside) * (1 - below(edges[1] + teeth))
    return (grey + (inside - grey) * (b - c)).astype(np.uint8)


def test_lips_are_drawn_as_whole_pictures_are(make):
    """What is left out where nothing can be is not missed, whatever the mouth does."""
    source = make()
    shut, wide = source.points.copy(), source.points.copy()
    shut[:, 5] = shut[:, 4] - [1.0, 0.2]
    wide[:, 5] = wide[:, 4] - [1.0, 40.0]
    high = source.points + np.array([0.0, 25.0])
    dropped = source.points.copy()
    dropped[:, 3] -= [0.0, 30.0]  # the chin is below the picture
    for points in (source.points, shut, wide, high, dropped):
        made = dataclasses.replace(source, points=points)
        found = lips.lips(made, WITHOUT_NOISE).astype(int)
        away = np.abs(found - whole(made, WITHOUT_NOISE))
        assert away.max() <= 1  # the order of sums may change the last bit before the cut
        assert (away > 0).mean() < 1e-3


def test_the_tongue_is_seen_where_it_is_and_in_an_open_mouth_alone(make):
    source = make(seconds=1.0)
    still = np.tile(source.points[:1], (len(source.points), 1, 1))
    still[:, 5] = still[:, 4] - [1.0, 20.0]

    def seen(gap=20.0, rise=0.0, advance=0.0):
        points = still.copy()
        points[:, 5, 1] = points[:, 4, 1] - gap
        points[:, 2] = [source.speaker.rest[2, 0] + advance, points[0, 4, 1] - gap / 2 + rise]
        made = dataclasses.replace(source, points=points)
        return lips.lips(made, WITHOUT_NOISE)[30].astype(float)

    low, high = seen(rise=-4.0), seen(rise=3.0)
    more = (high - low)[:, 30:66]
    assert more.min() >= 0
    rows = np.flatnonzero((more > 20).any(axis=1))
    assert len(rows) == pytest.approx(7 / WITHOUT_NOISE.scale, abs=1.5)
    assert (seen(advance=3.0) - seen()).max() == pytest.approx(24, abs=1)
    assert (seen(advance=3.0) - seen()).min() >= 0
    np.testing.assert_array_equal(seen(gap=0.3, rise=3.0), seen(gap=0.3, rise=-4.0))


def test_noise_of_the_camera_differs_from_frame_to_frame_and_is_as_loud_as_declared(make):
    source = make()
    noise = lips.lips(source).astype(float) - lips.lips(source, WITHOUT_NOISE)
    inside = noise[:, :20, :40].reshape(len(noise), -1)  # skin: nowhere cut off
    assert inside.std() == pytest.approx(lips.PARAMETERS.noise, rel=0.05)
    r = np.corrcoef(inside)
    assert np.abs(r[~np.eye(len(r), dtype=bool)]).max() < 0.2


def test_noise_leads_beyond_black_and_white_nowhere(make):
    """Not even in an open mouth of the darkest and on skin of the brightest talker."""
    source = make(seconds=1.0)
    points = source.points.copy()
    points[:, 5] = points[:, 4] - [1.0, 40.0]
    points[:, 2] -= [30.0, 30.0]
    talkers = [f"x{number}" for number in range(20)]
    for talker in talkers:
        made = moved(dataclasses.replace(source, points=points), speaker=talker)
        noise = lips.lips(made).astype(int) - lips.lips(made, WITHOUT_NOISE)
        assert np.abs(noise).max() <= 18, talker


def test_a_texture_tells_neither_frame_nor_talker(make):
    """Speckle of one recording is as unlike from frame to frame as that of two recordings."""
    source = make(seconds=2.0)
    one, other = speckled(source, moved(source, id="x1-s02"))
    assert one.std() == pytest.approx(ultrasound.PARAMETERS.speckle, rel=0.3)
    r = np.corrcoef(one[::10])
    within = np.abs(r[~np.eye(len(r), dtype=bool)])
    pairs = zip(one, other, strict=True)
    across = np.abs([np.corrcoef(a, b)[0, 1] for a, b in pairs])
    assert within.mean() < 0.1
    assert across.mean() < 0.1
    fields = [ultrasound.speckle(moved(source, id=id)).ravel() for id in ("x1-s01", "x1-s02")]
    assert abs(np.corrcoef(*fields)[0, 1]) < 0.1


def test_faces_are_the_talkers_and_places_are_the_sessions(make):
    source = make()
    for sensor, parameters in ((lips.lips, WITHOUT_NOISE), (ultrasound.ultrasound, SMOOTH)):
        same = sensor(source, parameters)
        np.testing.assert_array_equal(same, sensor(moved(source), parameters))
        changes = ({"seed": "another"}, {"session": "x1-b"}, {"id": "x1-s02"})
        for change in changes:
            assert (sensor(moved(source, **change), parameters) != same).any(), change
    still = dataclasses.replace(WITHOUT_NOISE, motion=0.0, session=0.0)
    faces = [
        lips.lips(moved(source, **names), still)[0].astype(float)
        for names in ({}, {"session": "x1-b"}, {"id": "x1-s02"}, {"speaker": "x2"}, {"seed": "z"})
    ]
    assert [bool((face == faces[0]).all()) for face in faces] == [True, True, True, False, False]


def test_the_probe_sits_where_talker_and_session_say(make):
    source = make()
    first = ultrasound.contour(source)
    np.testing.assert_array_equal(first, ultrasound.contour(moved(source, id="x1-s02")))
    for change in ({"session": "x1-b"}, {"seed": "another"}, {"speaker": "x2"}):
        away = ultrasound.contour(moved(source, **change)) - first
        assert 0.05 < np.abs(away).mean() < 3 * ultrasound.PARAMETERS.shift, change


def test_two_talkers_with_sessions_of_one_name_have_two_probes(make):
    source = make()
    probes = [ultrasound.probe(moved(source, speaker=name)) for name in ("x1", "x2")]
    assert np.abs(probes[0] - probes[1]).max() > 0.01


def test_the_brightest_place_of_each_ray_is_the_contour(make):
    from scipy.ndimage import gaussian_filter, map_coordinates

    source = make()
    images, lines = ultrasound.ultrasound(source), ultrasound.contour(source)
    x, y, scale = ultrasound.SIGNALS["ultrasound"].fan
    along = np.arange(20, 104, 0.25)
    errors = []
    for image, line in zip(images[::20], lines[::20], strict=True):
        away = line[5:-5:9] / scale - [x, y]
        smooth = gaussian_filter(image.astype(float), 1.0)
        for angle, depth in zip(
            np.arctan2(away[:, 0], -away[:, 1]), np.hypot(*away.T), strict=True
        ):
            place = [y - along * np.cos(angle), x + along * np.sin(angle)]
            found = along[np.argmax(map_coordinates(smooth, place, order=1))]
            errors.append(abs(found - depth) * scale)
    assert np.mean(errors) < 0.8  # mm
    assert np.percentile(errors, 95) < 2.5


def seen(source, parameters):
    """Angle in rad and distance in mm of what is seen of the surface, of each frame."""
    shapes = sampled(source.tongue, source.times(parameters.rate), parameters.rate)
    limit = float(np.radians(parameters.opening)) - 0.04
    found = []
    for angle, distance in zip(
        *ultrasound.polar(shapes, ultrasound.probe(source, parameters)), strict=True
    ):
        top = int(np.argmin(np.abs(angle)))
        folds = np.flatnonzero(np.diff(angle) <= 1e-4)
        first = int(folds[folds < top].max(initial=-1)) + 1
        last = int(folds[folds >= top].min(initial=len(angle) - 1))
        met = slice(first, last + 1)
        ends = np.clip(angle[met][[0, -1]], -limit, limit)
        inner = (angle[met] > ends[0]) & (angle[met] < ends[1])
        angles = np.concatenate([ends[:1], angle[met][inner], ends[1:]])
        found.append((angles, np.interp(angles, angle[met], distance[met])))
    return found


def test_what_is_seen_of_a_surface_is_met_by_rays_in_order_and_lies_in_the_fan(make):
    """Beyond a fold nothing is seen, and nothing beyond the fan; there the ends are repeated."""
    source = make(seconds=2.0)
    bent = source.tongue.copy()
    bent[40:80, 30:] -= np.linspace(0, 25, 7)[:, None] * [1.0, 0.3]  # the tip turns back
    bent[60:120, :6] += np.linspace(20, 0, 6)[:, None] * [1.0, 0.0]  # the root comes forwards
    source = dataclasses.replace(source, tongue=bent * [1.3, 1.0])
    angle, distance = ultrasound.surfaces(source, ultrasound.PARAMETERS)
    limit = np.radians(ultrasound.PARAMETERS.opening) - 0.04
    assert angle.shape == distance.shape == (120, 37)
    assert (np.diff(angle, axis=1) >= 0).all()
    assert np.abs(angle).max() == pytest.approx(limit)
    for frame, (a, r) in enumerate(seen(source, ultrasound.PARAMETERS)):
        assert angle[frame, 0] == a[0]
        assert angle[frame, -1] == a[-1]
        np.testing.assert_allclose(np.interp(a, angle[frame], distance[frame]), r, atol=1e-9)
        assert set(angle[frame]) == set(a)


def test_shadows_are_waves_that_move(make):
    source = make(seconds=1.0)
    wave = ultrasound.shadows(source, 60, ultrasound.PARAMETERS)
    rng = source.random("dropout")
    across = np.linspace(-1, 1, ultrasound.PARAMETERS.rays)
    expected = np.zeros_like(wave)
    for cycles in (1, 2, 3):
        phase = 2 * np.pi * (rng.random() + rng.uniform(-0.6, 0.6) * np.arange(60) / 60)
        expected += np.sin(2 * np.pi * cycles * across + phase[:, None]) / 3
    np.testing.assert_allclose(wave, expected, atol=1e-12)


def test_silent_takes_have_pictures(make):
    source = make(silent=True)
    loud = make()
    for name, sensor in (("lips", lips.lips), ("ultrasound", ultrasound.ultrasound)):
        array = sensor(source)
        assert array.shape == (180, 96, 96)
        assert array.dtype == np.uint8
        np.testing.assert_array_equal(array, sensor(loud), name)  # of movement alone
