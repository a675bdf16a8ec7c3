"""One colour and one shape for each entry, on every page and whatever else is there."""

import base64
import io
import random
import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PIL import Image
from plot_styles import spelled_out

from benchmark.report.plots import amounts, charts, looks, panels, pictures, signal_plots
from benchmark.report.plots.charts import Point

BOARDS = [[f"e{n:02}" for n in range(8)], ["e00", *(f"e{n:02}" for n in range(8, 40))], ["mean"]]


def test_looks_differ_and_no_order_changes_them():
    found = looks.assign(BOARDS, {"mean"})
    assert len({*found.values()}) == len(found) == 41
    first = {found[name].colour for name in BOARDS[0]}
    assert len(first) == len(looks.COLOURS)  # of one board: no colour twice while there are some
    assert found["mean"].colour == looks.TRIVIAL
    assert looks.TRIVIAL not in first
    shuffled = [random.Random(1).sample(board, len(board)) for board in reversed(BOARDS)]
    assert looks.assign(shuffled, {"mean"}) == found


def test_more_entries_than_looks_share_some():
    names = [f"e{n}" for n in range(70)]
    assert len({*looks.assign([names], ()).values()}) == 56


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colour", [*looks.COLOURS, looks.TRIVIAL])
def test_marks_are_seen_in_both_colour_schemes(colour):
    """By WCAG, on the papers of the two schemes: 3 to 1."""
    assert 1.05 / (luminance(colour) + 0.05) >= 3
    assert (luminance(colour) + 0.05) / (luminance("#14171a") + 0.05) >= 3


def test_every_plot_draws_an_entry_by_its_look():
    """Marker and colour of a legend and of a point, in all kinds of plots."""
    look = looks.Look("#c2458d", "^")
    point = Point("one", 0.5, 0.4, 0.6, look, 2.0)
    other = Point("two", 0.3, 0.2, 0.4, looks.DEFAULT, 3.0)
    plots = [
        charts.forest([point, other], "r", "about"),
        charts.pareto([point, other], "r", "cost", "about", True),
        charts.curve({"one": [point], "two": [other]}, "s", "r", "about", log=False),
        charts.ranks({"one": 1.2, "two (wide)": 1.8}, 0.5, [(0, 1)], "about", {"one": look}),
    ]
    for svg in plots:
        assert re.search(r"style=\"(clip-path[^;]*;)?fill:#c2458d", spelled_out(svg))
    line = amounts.Line("one", False, look, [amounts.Mark(1, 0.5, None, None, "")])
    drawn = amounts.draw([line], (0, 1), "x", "y", "about")
    assert drawn.count(f'd="{looks.SHAPES["^"]}" fill="#c2458d"') == 2
    plain = amounts.draw([replace(line, look=looks.DEFAULT)], (0, 1), "x", "y", "about")
    assert "#c2458d" not in plain


def test_lines_have_their_names_at_their_ends_where_there_is_room():
    apart = {
        name: [Point(name, value, None, None, cost=x) for x in (0, 1)]
        for name, value in (("high", 0.9), ("low", 0.1))
    }
    close = {
        f"line {n}": [Point("", 0.5 + n / 1e4, None, None, cost=x) for x in (0, 1)]
        for n in range(9)
    }
    svg = charts.curve(apart, "s", "r", "about", log=False)
    ends = [float(x) for x in re.findall(r'x="([\d.]+)"[^>]*>(?:high|low)<', svg)]
    assert len(ends) == 2
    assert min(ends) > 150  # beside the last point, not in a legend below
    crowded = charts.curve({**apart, **close}, "s", "r", "about", log=False)
    assert all(f">{name}</text>" in crowded for name in (*apart, *close))
    # Names that stand away from their line have one to them, in the colour of its mark.
    assert spelled_out(crowded).count("opacity:0.7") == labels_away(apart, close) > 0


def labels_away(*of):
    """How many names of those level lines have no room at the end of their line."""
    lines = {name: points for each in of for name, points in each.items()}
    paths = {name: charts._means(points, False) for name, points in lines.items()}
    found = charts._places_of_ends(lines, paths, [*lines], False)
    return sum(place is not None and place.far for place in found)


def test_intervals_count_for_the_places_of_names():
    lines = {
        name: [Point(name, value, value - 1, value + 1, cost=x) for x in (0, 1)]
        for name, value in (("alpha", 0.50), ("beta", 0.51), ("gamma", 0.52), ("delta", 0.53))
    }
    svg = charts.curve(lines, "s", "r", "about", log=False)
    ends = re.findall(r'x="([\d.]+)" y="([\d.]+)"[^>]*>(?:alpha|beta|gamma|delta)<', svg)
    places = [(float(x), float(y)) for x, y in ends]
    assert len(places) == 4
    for (x, y), (other_x, other_y) in combinations(places, 2):
        assert abs(y - other_y) > 8 or abs(x - other_x) > 30  # none stands on another


def test_a_logarithmic_axis_leaves_out_what_is_not_above_0():
    points = [Point("", value, None, None, cost=x) for x, value in ((0, 0.1), (1, 0.2), (10, 0.3))]
    svg = charts.curve({"a": points, "b": points[:1]}, "s", "r", "about", log=True)
    assert ">a</text>" in svg
    assert ">b</text>" not in svg


def test_a_plot_says_its_numbers_in_full_and_repeats_no_names_of_others():
    point = Point("one", 0.00012345, None, None, cost=2.0)
    svg = charts.forest([point], "0.123456", "about 0.123456")
    assert ">0.123456</text>" in svg
    assert "<title>about 0.123456</title>" in svg
    assert not re.search(r"<g id=", svg)  # of which each plot of a page would have the same
    assert not re.search(r'd="[^"]*\d\.\d{3}', svg)


def test_what_nothing_shows_is_not_in_a_plot():
    svg = spelled_out(charts.forest([Point("one", 0.5, 0.4, 0.6)], "r", "about"))
    assert not re.search(r'<path [^>]*style="fill:none"', svg)  # the frames around it
    assert not re.search(r'style="[^"]*[;:] ', svg)
    line = np.zeros((700, 2))
    drawn = [
        panels.lines(line, None, ("a", "b"), 100.0, "#000000", "about"),
        signal_plots.trajectories(line, line, ("a", "b"), 100.0, "about"),
    ]
    for plot in drawn:
        longest = max(re.findall(r' d="([^"]*)"', plot), key=len)
        assert len(re.findall(r"-?(?:\d+\.?\d*|\.\d+)", longest)) <= 2 * signal_plots.POINTS


def test_a_picture_takes_few_characters_and_every_colour_stays():
    values = np.random.default_rng(0).normal(size=(40, 30))
    svg = panels.image(values, (-2.0, 2.0), 10.0, "about")
    encoded = re.search(r'data:image/png;base64,([^"]*)"', svg)[1]
    picture = Image.open(io.BytesIO(base64.b64decode(encoded)))
    assert picture.mode == "P"
    shades = np.asarray(picture.convert("RGB")).astype(float).mean(axis=2)
    assert len(np.unique(shades)) > 50
    again = io.BytesIO()
    picture.convert("RGBA").save(again, "PNG")
    as_drawn = base64.b64encode(again.getvalue()).decode()
    assert len(encoded) < 0.6 * len(as_drawn)
    picture.save(packed := io.BytesIO(), "PNG", optimize=True)
    assert len(encoded) <= len(base64.b64encode(packed.getvalue()))
    few = np.asarray(picture.convert("RGBA"))
    shown = np.asarray(
        Image.open(io.BytesIO(base64.b64decode(pictures.indexed(as_drawn)))).convert("RGBA")
    )
    assert np.array_equal(few, shown)
    clear = Image.new("RGBA", (4, 4), (1, 2, 3, 100))
    clear.save(out := io.BytesIO(), "PNG")
    seen_through = base64.b64encode(out.getvalue()).decode()
    assert pictures.indexed(seen_through) == seen_through


def test_long_names_leave_room_for_the_plot():
    long = "an_entry_with_a_long_name_indeed (a_variant_of_it_with_a_long_name_too)"
    svg = charts.forest([Point(long, 0.5, 0.4, 0.6)], "r", "about")
    texts = re.findall(r">([^<>]*entry[^<>]*|[^<>]*variant[^<>]*)</text>", svg)
    assert texts
    assert max(map(len, texts)) <= charts.LONGEST
