"""The code digest changes with everything that can change a result, and with nothing else."""

import json

import pytest

import toy
from benchmark import registry
from benchmark.core import UserError
from benchmark.registry import source

EXTRA = """\
# authors = ["Me"]
# citation = "Me 2026"
# [tool.silentbench.variants]
# a = { width = 2, deep = { one = 1, two = 2 } }
# b = { width = 3 }
"""
TEXT = toy.entry(predict="import _layer\nreturn 1.5", extra=EXTRA)
LAYER = "width = 3\n"


@pytest.fixture
def entry(tmp_path):
    """A function that writes an entry of its own and a layer beside it, and reads it."""

    def write(text=TEXT, layer=LAYER, end="\n"):
        for name, content in (("mine.py", text), ("_layer.py", layer)):
            (tmp_path / name).write_bytes(content.replace("\n", end).encode())
        return registry.read_entry(tmp_path / "mine.py", "submission")

    return write


def replaced(*pairs):
    text = TEXT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


SAME = {
    "another task": replaced(('["toy"]', '["toy", "later"]')),
    "every task": replaced(('["toy"]', '["*"]')),
    "title": replaced(("Toy entry", "Better title")),
    "authors": replaced(('["Me"]', '["Me", "You"]')),
    "citation": replaced(("Me 2026", "Me 2027")),
    "licence": replaced(("Apache-2.0", "MIT")),
    "another variant": replaced(("width = 3 }", "width = 3 }\n# c = { width = 4 }")),
    "settings of another variant": replaced(("width = 3", "width = 5")),
    "order of keys": replaced(("one = 1, two = 2", "two = 2, one = 1")),
    "suite": replaced(("# citation", '# suite = "full"\n# citation')),
    "trained-on": replaced(("# citation", '# trained-on = "much more"\n# citation')),
    "context": replaced(("# citation", "# context = 0.5\n# citation")),
    "another library": replaced(("dependencies = []", 'dependencies = ["torch>=2"]')),
}
OTHER = {
    "code": replaced(("1.5", "1.25")),
    "a comment below the header": TEXT + "# more\n",
    "settings": replaced(("width = 2", "width = 4")),
    "an inner setting": replaced(("two = 2", "two = 3")),
    "type of a setting": replaced(("width = 2", "width = 2.0")),
    "causal": replaced(("# citation", "# causal = true\n# citation")),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_a_description_does_not_change_it(entry, text):
    before = entry().code_digest("a", ["m@1"])
    assert entry(text).code_digest("a", ["m@1"]) == before


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_what_can_change_a_result_changes_it(entry, text):
    before = entry().code_digest("a", ["m@1"])
    assert entry(text).code_digest("a", ["m@1"]) != before


def test_a_layer_is_part_of_it_whole(entry):
    header = TEXT.partition("import time")[0]
    digests = [
        entry(layer=layer).code_digest("a", ["m@1"])
        for layer in (LAYER, "width = 4\n", header + LAYER, header.replace("Toy", "A") + LAYER)
    ]
    assert len(set(digests)) == 4


def test_variants_and_metrics_have_each_their_own(entry):
    made = entry()
    asked = [("a", ["m@1"]), ("b", ["m@1"]), ("a", ["m@2"]), ("a", ["m@1", "n@1"]), ("a", [])]
    assert len({made.code_digest(*one) for one in asked}) == len(asked)
    assert made.code_digest("a", ("m@1",)) == made.code_digest("a", iter(["m@1"]))
    with pytest.raises(UserError, match="no variant is called 'c'"):
        made.code_digest("c", ["m@1"])


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_every_line_ending_gives_the_same(entry, end):
    before = entry()
    expected = before.code_digest("a", ["m@1"])
    assert entry(end=end).code_digest("a", ["m@1"]) == expected


def test_text_does_not_move_between_layers(tmp_path):
    (tmp_path / "mine.py").write_text(TEXT.replace("_layer", "_a, _b"))
    digests = set()
    for one, other in (("x = 1\n", "y = 2\n"), ("x = 1\ny = 2\n", ""), ("", "x = 1\ny = 2\n")):
        (tmp_path / "_a.py").write_text(one)
        (tmp_path / "_b.py").write_text(other)
        digests.add(source.digest(tmp_path / "mine.py", []))
    assert len(digests) == 3


def test_a_block_inside_a_string_is_code(entry):
    """It is read as the header, but the program can use it: no other title with the same digest."""
    text = 'SETTINGS = """' + TEXT.replace("# ///\nimport time", '# ///\n"""\nimport time')
    digests = [entry(t).code_digest("a", []) for t in (text, text.replace("Toy entry", "Other"))]
    assert len(set(digests)) == 2


def test_the_block_ends_where_the_header_ends():
    lines = ["#!/usr/bin/python", "", "# /// script", "# a = 1", "#", "# ///", "# b", "x = 1", ""]
    assert source.header_lines(lines) == (2, 6)
    assert source.without_header("\n".join(lines)) == "#!/usr/bin/python\n\n# b\nx = 1\n"
    for broken in (lines[:5], [*lines[:4], "", *lines[4:]], ["x = 1"], ["# /// script"]):
        assert source.header_lines(broken) == (0, 0)
        assert source.without_header("\n".join(broken)) == "\n".join(broken)


def test_weights_are_part_of_it_by_name_and_content(tmp_path):
    folder = tmp_path / "submissions" / "trained"
    (folder / "weights").mkdir(parents=True)
    (folder / "submission.py").write_text(toy.entry())
    digests = set()
    for name, content in (("a", b"one"), ("a", b"two"), ("b", b"two")):
        for old in (folder / "weights").iterdir():
            old.unlink()
        (folder / "weights" / f"{name}.safetensors").write_bytes(content)
        made = registry.read_entry(folder / "submission.py", "submission")
        digests.add(made.code_digest("default", ["m@1"]))
    assert len(digests) == 3


def test_of_predictions_the_whole_manifest_counts(tmp_path):
    about = {"title": "Mine", "licence": "MIT", "task": "toy", "data": {"toy.all": "0"}}
    path = tmp_path / "manifest.json"

    def digest(end="\n", **change):
        text = json.dumps(about | change, indent=1)
        path.write_bytes(text.replace("\n", end).encode())
        return registry.read_predictions(path).code_digest("default", ["m@1"])

    assert digest() == digest("\r\n")
    assert len({digest(), digest(data={"toy.all": "1"}), digest(title="Yours")}) == 3
