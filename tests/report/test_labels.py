"""Names at points: none covers a point, a name or its line, and all stay within the plot."""

import random
from itertools import combinations

from benchmark.report.plots import labels


def drawn(points, names, found):
    """The boxes of marks, and of each name with those of the line that leads to it."""
    area = labels.AREA[0], labels.height(len(points))
    at, half = labels._scaled(points, area), labels.MARKER / 2
    marks = [(x - half, y - half, x + half, y + half) for x, y in at]
    written = {
        name: (labels._box(x, y, len(name), place), labels._leader(x, y, place))
        for (x, y), name, place in zip(at, names, found, strict=True)
        if place is not None
    }
    assert all(labels._inside(box, area) for box, _ in written.values())
    return marks, written


def test_names_stand_beside_their_points_and_cover_nothing():
    draw = random.Random(1)
    points = [(draw.random(), draw.random()) for _ in range(14)]
    names = [f"entry_{number}" * (1 + number % 2) for number in range(14)]
    found = labels.places(points, names)
    assert None not in found
    assert sum(place.far for place in found) < 7
    marks, written = drawn(points, names, found)
    assert not any(labels._hits(box, marks) for box, _ in written.values())
    assert not any(labels._hits(a, [b]) for (a, _), (b, _) in combinations(written.values(), 2))


def test_names_without_room_beside_their_points_are_led_to():
    points = [(n, n % 2 / 100) for n in range(8)] + [(4, 1)]
    names = [f"a_long_name_{n}" for n in range(9)]
    found = labels.places(points, names)
    assert None not in found
    assert any(place.far for place in found)
    marks, written = drawn(points, names, found)
    for name, (box, leader) in written.items():
        others = [other for each, (other, _) in written.items() if each != name]
        assert not labels._hits(box, [*marks, *others])
        assert not any(labels._hits(piece, others) for piece in leader)


def test_a_name_without_room_has_no_place():
    assert labels.places([(0.0, 0.0), (1.0, 1.0)], ["x" * 200, "y"])[0] is None
    crowd = labels.places([(0.5, 0.5)] * 90 + [(0, 0), (1, 1)], ["a name of some length"] * 92)
    assert crowd.count(None) > 10
    assert labels.places([], []) == []


def test_a_plot_of_many_names_is_higher():
    assert labels.height(3) == labels.AREA[1] < labels.height(12) < labels.height(20)
    assert labels.height(500) < 2 * labels.AREA[1]


def test_a_name_does_not_cover_a_line():
    points = [(0.0, 0.0), (1.0, 1.0)]
    free, _ = labels.places(points, ["first", "second"])
    beside, _ = labels.places(points, ["first", "second"], [(points[0], (1.0, 0.0))])
    assert free == labels.PLACES[0]  # to the right, where the line is
    assert beside not in (None, free)
