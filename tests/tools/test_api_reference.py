"""The page of the API has the signature and the docstring of every public name, by its source."""

import inspect
import re

import pytest

import silentbench
from tools import api_reference, documents

SECTIONS = dict(
    re.findall(r"(?ms)^### (\w+)$\n(.*?)(?=^### |\Z)", api_reference.reference() + "\n")
)
NAMES = [name for name in silentbench.__all__ if name != "__version__"]


def test_every_public_name_has_a_section_in_the_order_of_the_package():
    assert [*SECTIONS] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_section_says_what_help_says(name):
    thing, section = getattr(silentbench, name), SECTIONS[name]
    for paragraph in inspect.getdoc(thing).split("\n\n"):
        assert paragraph in section
    if inspect.isfunction(thing):
        shown = " ".join(section.partition("```python\n")[2].partition("```")[0].split())
        signature = inspect.signature(thing)
        for parameter in signature.parameters.values():
            assert f"{parameter.name}: {parameter.annotation}" in shown
        assert shown.endswith(f"-> {signature.return_annotation}")
    elif inspect.isclass(thing):
        assert re.search(rf"(?m)^class {name}\b", section)
        fields = getattr(thing, "__dataclass_fields__", {})
        for field in fields:
            assert re.search(rf"(?m)^    {field}: ", section)
        for member, value in vars(thing).items():
            if inspect.isfunction(value) and member[0] != "_" and member not in fields:
                assert f"    def {member}(self" in section


def test_metrics_say_how_they_are_called_and_nothing_private_is_shown():
    assert "        signal: Signal | None = None,\n" in SECTIONS["metrics"]
    assert not re.search(r"def _(?!_(call|getitem)__)", api_reference.reference())


def test_the_page_has_it_in_place_of_its_mark():
    page = (api_reference.ROOT / "docs" / "api.md").read_text("utf-8")
    assert page.count(api_reference.MARK) == 1

    class Here:
        class file:
            src_uri = "api.md"

    made = documents.on_page_markdown(page, Here, None, None)
    assert api_reference.MARK not in made
    assert made.endswith(api_reference.reference() + "\n")
