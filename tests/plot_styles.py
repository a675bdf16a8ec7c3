"""Plots with the style of each part spelled out, as they are before looks are shared."""

import re


def spelled_out(svg):
    """The SVG with an attribute `style` in place of each class, and without the rules of those."""
    (scope,) = re.match(r'<svg[^>]* class="plot (\w+)"', svg).groups()
    rules = dict(re.findall(rf"\.{scope} \.(\w+)\{{([^}}]*)\}}", svg))
    assert len(re.findall(r"\.p[0-9a-f]{8} ", svg)) == len(rules)  # none of another plot
    svg = re.sub(rf"\.{scope} \.\w+\{{[^}}]*\}}", "", svg)
    return re.sub(r' class="(\w+)"', lambda found: f' style="{rules[found[1]]}"', svg)
