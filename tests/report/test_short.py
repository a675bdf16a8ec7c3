"""Plots take few characters and show the same."""

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from plot_styles import spelled_out

from benchmark.report.plots import charts, pictures, short, signal_plots
from benchmark.report.plots.charts import Point
from benchmark.report.plots.looks import Look
from benchmark.report.plots.svg import INK, figure, plain


def forest(colour):
    points = [Point(name, 0.5, 0.4, 0.6, Look(colour, "^")) for name in ("one", "two", "three")]
    return charts.forest(points, "r", "about")


def styles(body):
    """What each tag outside `defs` says of its look, in their order."""
    tags = [
        tag for part in re.split(r"<defs>.*?</defs>", body) for tag in re.findall("<[^>]+>", part)
    ]
    found = []
    for tag in tags:
        clip, style = (re.search(rf' {name}="([^"]*)"', tag) for name in ("clip-path", "style"))
        said = [f"clip-path:{clip[1]}"] if clip else []
        found.append(
            (re.match(r"</?\w+", tag)[0], ";".join([*said, *([style[1]] if style else [])]))
        )
    return found


def test_looks_that_repeat_are_said_once_and_every_part_keeps_its_own():
    body = (
        '<svg a="1"><defs><style type="text/css">*{x:y}</style></defs><g clip-path="url(#p)">'
        '<path d="M 0 0L1 1" clip-path="url(#p)" style="fill:none"/><text style="fill:red" x="1">a'
        '</text><path d="M 1 1L2 2" style="fill:none"/><text x="2" style="fill:red">b</text><path'
        ' clip-path="url(#p)" d="M 1 1L2 2" style="fill:none"/><use style="fill:blue"/></g><defs>'
        '<path id="m" d="M 0 0" style="fill:red"/></defs></svg>'
    )
    made, scope = short.shared_looks(body)
    drawn = spelled_out(made.replace("<svg", f'<svg class="plot {scope}"', 1))
    assert styles(drawn) == styles(body)
    assert made.count("fill:red") == 2  # the rule, and the mark that is used elsewhere
    assert made.count("fill:blue") == made.count('style="fill:none"') == 1  # which do not repeat
    assert '<path id="m" d="M 0 0" style="fill:red"/>' in made


def test_no_plot_changes_the_look_of_another_on_the_same_page():
    red, blue = forest("#d64545"), forest("#2f7ed8")
    names = [re.search(r'class="plot (\w+)"', svg)[1] for svg in (red, blue, forest("#d64545"))]
    assert names[0] == names[2] != names[1]
    for svg, name in zip((red, blue), names, strict=False):
        (sheet,) = re.findall(r"<style[^>]*>(.*?)</style>", svg)
        rules = sheet.partition("}")[2]  # the first is the same in all plots
        assert re.fullmatch(rf"(\.{name} \.\w+\{{[^{{}}]+\}})+", rules)


def test_a_plot_has_no_part_that_says_nothing():
    svg = forest("#d64545")
    assert "<g>" not in svg
    assert "rotate(-0" not in svg
    assert not re.search(r"\d\.\d*0[ \"LlM]", svg)  # zeros at the end
    repeated = re.findall(r' style="([^"]*)"', re.sub(r"<defs>.*?</defs>", "", svg))
    assert len({*repeated}) == len(repeated)
    ElementTree.fromstring(svg)  # every group that is opened is closed


def test_groups_with_attributes_stay_around_what_they_hold():
    body = '<g><g a="1"><g><path/></g></g></g><g><g b="2"/></g>'
    assert short._without_groups(body) == '<g a="1"><path/></g><g b="2"/>'


@pytest.mark.parametrize("rate", [40.0, 100.0])
def test_a_line_by_steps_ends_where_it_ended(rate, monkeypatch):
    """To half of a tenth, at each of its points."""
    values = np.random.default_rng(0).normal(size=(200, 1))
    drawn = signal_plots.trajectories(values, values, ("a",), rate, "about")
    monkeypatch.setattr(short, "_stepwise", lambda points: f"M {points}")
    whole = signal_plots.trajectories(values, values, ("a",), rate, "about")
    pairs = [*zip(longest(drawn), longest(whole), strict=True)]
    places = [(np.array(numbers(a)), np.array(numbers(b))) for a, b in pairs]
    assert places
    for steps, absolute in places:
        assert len(steps) == len(absolute) > 100
        assert np.abs(np.cumsum(steps, axis=0) - absolute).max() < 0.051
    assert all(len(steps) < 0.8 * len(absolute) for steps, absolute in pairs)


def longest(svg):
    return [path for path in re.findall(r' d="([^"]*)"', svg) if len(path) > 1000]


def numbers(path):
    found = [float(n) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", path)]
    return [*zip(found[::2], found[1::2], strict=True)]


def test_numbers_of_a_path_are_parted():
    assert short._stepwise("10 20L10.5 19L8.5 19.1L8.5 119.1") == "M10 20l.5-1-2 .1 0 100"


@pytest.mark.parametrize(
    "label",
    [
        'a d="M 1 2 3L4 5L6 7L8 9"',
        'a d="M 1.2.3 4L5 6L7 8L9 9"',
        'a d="M 1 2L3 4L5 6L7 8"',
        'x transform="rotate(-0 gone)" y',
        "data:image/png;base64,QUJD",
        "font-family: 'DejaVu Sans' mono",
        'style="a: b; c: d"',
        'clip-path="url(#p)" style="a:b"',
        INK,
        "1.23456",
    ],
)
def test_a_label_stays_whatever_markup_it_looks_like(label):
    with figure(4, 1, label, layout=None) as (canvas, drawn):
        canvas.text(0, 0.5, plain(label))
    root = ElementTree.fromstring(drawn[0])
    assert [each.text for each in root.iter() if each.tag.endswith("text")] == [label]
    assert root.get("aria-label") == label


@pytest.mark.parametrize("which", range(3))
def test_every_way_to_pack_a_picture_keeps_its_pixels(which, monkeypatch):
    ways = pictures._filtered
    monkeypatch.setattr(pictures, "_filtered", lambda pixels: ways(pixels)[which : which + 1])
    pixels = np.random.default_rng(0).integers(0, 6, (30, 40))
    palette = np.arange(18).reshape(6, 3) * 14
    shown = Image.open(io.BytesIO(pictures._png(pixels, palette))).convert("RGB")
    assert np.array_equal(np.asarray(shown), palette[pixels])


def test_a_picture_that_is_shorter_as_it_was_stays():
    pixels, out = np.zeros((1, 1, 3), np.uint8), io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    encoded = base64.b64encode(out.getvalue()).decode()
    assert pictures.indexed(encoded) == encoded
