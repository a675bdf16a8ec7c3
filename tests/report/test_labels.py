"""Names beside points: none covers a point or another name, and all stay within the plot."""

import random

from benchmark.report.plots import labels


def test_names_stand_beside_their_points_and_cover_nothing():
    draw = random.Random(1)
    points = [(draw.random(), draw.random()) for _ in range(14)]
    names = [f"entry_{number}" * (1 + number % 2) for number in range(14)]
    found = labels.places(points, names)
    assert sum(place is not None for place in found) >= 10
    xs, ys = zip(*labels._scaled(points), strict=True)
    half = labels.MARKER / 2
    taken = [(x - half, y - half, x + half, y + half) for x, y in zip(xs, ys, strict=True)]
    for x, y, name, place in zip(xs, ys, names, found, strict=True):
        if place is not None:
            box = labels._box(x, y, len(name), place)
            assert labels._inside(box)
            assert not labels._hits(box, taken)
            taken.append(box)


def test_a_name_without_room_has_no_place():
    assert labels.places([(0.0, 0.0), (1.0, 1.0)], ["x" * 200, "y"])[0] is None
    crowd = labels.places([(0.5, 0.5)] * 30 + [(0, 0), (1, 1)], ["name"] * 32)
    assert crowd.count(None) > 10
    assert labels.places([], []) == []


def test_a_name_does_not_cover_a_line():
    points = [(0.0, 0.0), (1.0, 1.0)]
    free, _ = labels.places(points, ["first", "second"])
    beside, _ = labels.places(points, ["first", "second"], [(points[0], (1.0, 0.0))])
    assert free == labels.PLACES[0]  # to the right, where the line is
    assert beside not in (None, free)
