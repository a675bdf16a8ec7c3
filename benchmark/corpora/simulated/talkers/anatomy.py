"""A talker's vocal tract: the speaker file that comes with VocalTractLab, warped.

Each length of the model is multiplied by the factor of its direction: forwards, upwards (one
factor for the mouth, another below it, a further one for the palate) and sideways. A target of the
tongue is moved so that the tongue's *surface* follows the warp, which keeps contacts closed as far
as a warp can; what remains open is closed by `guards`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, fields
from xml.etree.ElementTree import Element

from benchmark.core import UserError
from benchmark.corpora.simulated.takes import Warp

# Within these, every closure closes, no fricative shuts and the vowels keep their order.
SAFE: Mapping[str, tuple[float, float]] = {
    "oral": (0.75, 1.12),
    "vertical": (0.75, 1.2),
    "pharynx": (0.75, 1.3),
    "palate": (0.6, 1.2),
    "width": (0.85, 1.35),
}
BOTTOM = -1.8  # cm, height of the lower edge of the mouth; below it `pharynx` counts
BODY, TIP = 1.8, 0.2  # cm, radii of the tongue's body and tip in the plain model

Rule = Callable[[Warp, float], float]


def check(warp: Warp) -> None:
    """Refuse a warp that lies outside of `SAFE`."""
    for field, value in zip(fields(warp), astuple(warp), strict=True):
        low, high = SAFE[field.name]
        if not low <= value <= high:
            raise UserError(
                f"the talker's {field.name} is {value:g}: between {low:g} and {high:g} the model "
                f"can still articulate all phones. Choose a value in that range."
            )


def height(warp: Warp, y: float) -> float:
    """Where a point at height `y` (cm; 0 is the edge of the upper incisors) comes to lie."""
    if y > 0:
        return y * warp.vertical * warp.palate
    return y * warp.vertical if y > BOTTOM else BOTTOM * warp.vertical + (y - BOTTOM) * warp.pharynx


def _surface(warp: Warp, centre: float, radius: float) -> float:
    """Height of the centre of a circle whose upper edge follows the warp."""
    return height(warp, centre + radius) - radius * warp.vertical


def _forwards(warp: Warp, x: float) -> float:
    return x * warp.oral


def _vertical(warp: Warp, y: float) -> float:
    return y * warp.vertical


def _pharynx(warp: Warp, y: float) -> float:
    return y * warp.pharynx


def _width(warp: Warp, z: float) -> float:
    return z * warp.width


def _length(warp: Warp, x: float) -> float:
    """Cavities beside the vocal tract grow with its length."""
    return x * (warp.oral + warp.pharynx) / 2


# How each articulatory parameter is warped; the others are relative, angles or areas.
PARAMETERS: Mapping[str, Rule] = {
    "HY": height,
    "JX": _forwards,
    "JA": lambda warp, angle: angle * warp.vertical / warp.oral,
    "LD": _vertical,
    "TCX": _forwards,
    "TCY": lambda warp, y: _surface(warp, y, BODY),
    "TTX": _forwards,
    "TTY": lambda warp, y: _surface(warp, y, TIP),
    "TBX": _forwards,
    "TBY": height,
    "TRX": _forwards,
    "TRY": height,
    "TS1": _width,
    "TS2": _width,
    "TS3": _width,
}

_TEETH: Mapping[str, Rule] = {
    "x": _forwards,
    "z": _width,
    "teeth_height": _vertical,
    "top_teeth_width": _width,
    "bottom_teeth_width": _width,
    "palate_height": height,
    "jaw_height": _vertical,
}
_ATTRIBUTES: Mapping[str, Mapping[str, Rule]] = {
    **{f"p{i}": _TEETH for i in range(9)},  # of the palate and of the jaw
    "jaw": {
        "fulcrum_x": _forwards,
        "fulcrum_y": height,
        "rest_pos_x": _forwards,
        "rest_pos_y": height,
        "tooth_root_length": _vertical,
    },
    "lips": {"width": _width},
    "tip": {"radius": _vertical},
    "body": {"radius_x": _forwards, "radius_y": _vertical},
    "root": {"trx_intercept": _forwards, "try_intercept": _pharynx},
    "velum": {
        "uvula_width": _width,
        "uvula_height": _vertical,
        "uvula_depth": _width,
        "max_nasal_port_area": lambda warp, area: area * warp.vertical * warp.width,
    },
    "pharynx": {
        "fulcrum_x": _forwards,
        "fulcrum_y": height,
        "top_rib_y": height,
        "upper_depth": _width,
        "lower_depth": _width,
        "back_side_width": _width,
    },
    "larynx": {
        "upper_depth": _width,
        "lower_depth": _width,
        "epiglottis_width": _width,
        "epiglottis_height": _pharynx,
        "epiglottis_depth": _pharynx,
    },
    "piriform_fossa": {
        "length": _pharynx,
        "volume": lambda warp, volume: volume * warp.oral * warp.pharynx * warp.width,
    },
    "subglottal_cavity": {"length": _length},
    "nasal_cavity": {"length": _length},
}
# Outlines, given as x y x y ...: how x and y are warped.
_OUTLINES: Mapping[str, tuple[Rule, Rule]] = {
    **dict.fromkeys(("low", "mid", "high"), (_forwards, height)),  # of the velum
    **dict.fromkeys(("narrow", "wide"), (_forwards, _pharynx)),  # of the larynx
}


def warped(warp: Warp, name: str, value: float) -> float:
    """The value of articulatory parameter `name` that means the same in the warped vocal tract."""
    return PARAMETERS[name](warp, value) if name in PARAMETERS else value


def apply(warp: Warp, anatomy: Element) -> None:
    """Warp the <anatomy> of a speaker file in place."""
    check(warp)
    for element in anatomy.iter():
        if element.tag == "param":
            for key in ("min", "max", "neutral"):
                value = warped(warp, element.attrib["name"], float(element.attrib[key]))
                element.set(key, f"{value:.6f}")
        for key, rule in _ATTRIBUTES.get(element.tag, {}).items():
            if key in element.attrib:
                element.set(key, f"{rule(warp, float(element.attrib[key])):.6f}")
        if element.tag in _OUTLINES:
            numbers = [float(number) for number in element.attrib["points"].split()]
            rules = _OUTLINES[element.tag] * (len(numbers) // 2)
            moved = [rule(warp, number) for rule, number in zip(rules, numbers, strict=True)]
            element.set("points", " ".join(f"{number:.6f}" for number in moved))
