"""Settings of a variant that a run changes: what may be said, and the name that says it."""

import pytest

from benchmark.core import Job, UserError
from benchmark.registry import read_entry
from benchmark.registry.settings import overrides, signature

CODE = """\
# /// script
# dependencies = ["numpy"]
# [tool.silentbench]
# title = "Toy"
# tasks = ["toy"]
# licence = "Apache-2.0"
# [tool.silentbench.variants]
# plain = {}
# half = { fraction = 0.5, sound = false }
# odd = { hidden = 3 }
# ///
from collections.abc import Sequence
from typing import Literal

Kind = Literal["all", "none"]


class Model:
    def __init__(
        self, asked, seed: int, size: Literal["ci", "paper"] = "ci", fraction: float = 1.0,
        electrodes: Sequence[int] | None = None, kind: Kind = "all", sound: bool = True,
        frames=7, path: str = "a", *, level: int = 2, free=None, **rest,
    ):
        raise AssertionError("nothing of an entry is run")
"""


@pytest.fixture
def entry(tmp_path):
    path = tmp_path / "submissions" / "toy.py"
    path.parent.mkdir()
    path.write_text(CODE)
    return read_entry(path, "submission")


def name(entry, *given, variant="plain"):
    return overrides.changed(entry.path, entry.variants, variant, given)


@pytest.mark.parametrize(
    ("given", "setting", "value"),
    [
        ("fraction=0.25", "fraction", 0.25),
        ("fraction=2", "fraction", 2),
        ("electrodes=0,2,5", "electrodes", [0, 2, 5]),
        ("electrodes=[0, 2]", "electrodes", [0, 2]),
        ("electrodes=3", "electrodes", [3]),
        ("kind=none", "kind", "none"),
        ('kind="none"', "kind", "none"),
        ("sound=False", "sound", False),
        ("sound=false", "sound", False),
        ("frames=9", "frames", 9),
        ("level=3", "level", 3),
        ("hidden=4", "hidden", 4),
        ("path=x+y/../=[1]", "path", "x+y/../=[1]"),
        ("path=5", "path", "5"),
        ('free={"a": [1, null]}', "free", {"a": [1, None]}),
    ],
)
def test_a_value_is_read_by_the_type_of_its_setting_and_comes_back_from_the_name(
    entry, given, setting, value
):
    variant = name(entry, given)
    assert overrides.is_changed(variant)
    assert variant.startswith(f"plain+{setting}=")
    found = entry.settings(variant)
    assert found == {setting: value}
    assert type(found[setting]) is type(value)


def test_several_changes_have_one_name_in_any_order_and_stand_on_the_variant(entry):
    one = name(entry, "kind=none", "electrodes=1,2", variant="half")
    assert one == name(entry, "electrodes=1,2", "kind=none", variant="half")
    assert one == 'half+electrodes=[1,2]+kind="none"'
    assert entry.settings(one) == {
        "fraction": 0.5,
        "sound": False,
        "electrodes": [1, 2],
        "kind": "none",
    }
    assert entry.settings(name(entry, "sound=true", variant="half"))["sound"] is True


@pytest.mark.parametrize(
    ("variant", "given"),
    [("plain", "fraction=1"), ("plain", "electrodes=null"), ("half", "fraction=0.5")],
)
def test_what_has_its_value_already_is_not_changed(entry, variant, given):
    assert name(entry, given, variant=variant) == variant


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["sound=maybe"], "--set sound=maybe: toy expects true or false"),
        (["sound=1"], "expects true or false"),
        (["fraction=true"], "expects a number"),
        (["fraction=NaN"], "expects a number"),
        (["kind=some"], "expects all or none"),
        (["electrodes=a,b"], "expects a list such as 0,2,5 of a whole number or null"),
        (["level=2.5"], "expects a whole number"),
        (["frames=x"], "expects a whole number"),
        (["sond=true"], "no such setting of toy: it has electrodes, .*; nearest: sound"),
        (["seed=1"], "no such setting of toy"),
        (["asked=1"], "no such setting of toy"),
        (["sound"], "expected NAME=VALUE"),
        (["=1"], "expected NAME=VALUE"),
        (["level=3", "level=4"], "level is set twice"),
        (["path=" + "x" * 300], "more than 200 characters"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_can(entry, given, said):
    with pytest.raises(UserError, match=said):
        name(entry, *given)


@pytest.mark.parametrize(
    "wrong", ["none", "plain+", "plain+x", "plain+x=", "plain+x=1,y", "plain+x=1+", "plain+=1"]
)
def test_a_name_that_no_command_makes_has_no_settings(entry, wrong):
    with pytest.raises(UserError, match=r"variant"):
        entry.settings(wrong)


def test_changed_settings_change_the_code_digest_and_nothing_else_does(entry):
    variants = ["plain", name(entry, "level=3"), name(entry, "level=4")]
    assert len({entry.code_digest(variant, ("m@1",)) for variant in variants}) == 3
    half = name(entry, "fraction=0.5", "sound=false")
    assert entry.code_digest(half, ("m@1",)) == entry.code_digest("half", ("m@1",))


def test_the_key_of_a_job_is_a_path_whatever_is_set(entry):
    variant = name(entry, "path=../../a b", "electrodes=0,1")
    keys = [
        Job("t", "c.s", "all", "toy", v, 0, "d" * 64, "c" * 64).key
        for v in ("plain", variant, name(entry, "path=" + "/é" * 20))
    ]
    assert keys[0].name == "plain-seed0-ddddddddcccccccc.json"
    assert all(len(key.parts) == 5 and ".." not in key.parts for key in keys)
    assert "electrodes=[0,1]" in keys[1].name
    assert len(keys[2].name.encode()) < 255


def test_an_entry_without_a_signature_has_the_settings_of_its_header(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("class Model(Base):\n    pass\n")
    kinds, _ = signature.read(path, {"default": {}, "wide": {"width": 3}})
    assert kinds == {"width": int}
