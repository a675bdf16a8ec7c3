"""What entries may call themselves."""

import json
import subprocess

import pytest

import toy
from benchmark import registry
from benchmark.registry import titles

PLAIN = 'title = "Toy entry"'


def submitted(place, name, title, kind="submission"):
    path = place.root / f"{kind}s" / f"{name}.py"
    path.write_text(toy.entry().replace(PLAIN, f"title = {json.dumps(title, ensure_ascii=False)}"))


@pytest.mark.parametrize(
    "title",
    [
        *("Ridge regression", "Δ-features, 5 µV", "声 to text", "Сеть для речи", "ε-greedy"),
        *("naïve Ångström", "T5 (large) [v2] 100%", "3"),
    ],
)
def test_titles_that_name_something(title):
    assert titles.problem(title) == ""


@pytest.mark.parametrize(
    ("title", "why"),
    [
        *((text, "no spaces at its ends") for text in (" a", "a ", "a  b", " ")),
        *((text, "a letter or a digit") for text in ("", "\u0301", "...", "\u200b", "🙂")),
        *((text, "that are seen") for text in ("a\u200bb", "a\u202eb", "a\x1bb", "a\ud800b")),
        *((text, "that are seen") for text in ("\u0301a", "a" + "\u0301" * 5, "a\u3164", "a\xa0b")),
        *((text, "looks like another") for text in ("Ridgе", "Ridge mоdel", "Ηidden", "Δt")),
    ],
)
def test_titles_that_are_blank_hidden_or_of_two_alphabets(title, why):
    assert why in titles.problem(title)


@pytest.mark.parametrize(
    "title",
    [
        *("ridge regression", "Ridge-regression", "Ｒidge regression", "Ridge regressi0n"),
        *("𝗥𝗶𝗱𝗴𝗲 regression", "Ridgé regression", "Rıdge regression", "R1dge regression"),
        "RIDGE REGRESSION.",
    ],
)
def test_a_submission_that_looks_like_a_baseline_is_left_out(tmp_path, title):
    place = toy.project(tmp_path)
    submitted(place, "honest", "Ridge regression", "baseline")
    submitted(place, "another", "Something else")
    submitted(place, "a_copy", title)
    read = registry.entries(place.root)
    assert read.found.keys() == {"honest", "another"}
    (problem,) = read.problems
    assert "a_copy.py: its title" in problem
    assert "looks like that of honest: choose another" in problem


def test_words_of_another_alphabet_look_like_latin_ones():
    for one, other in (("СТС", "CTC"), ("ТОР", "TOP"), ("ΑΒΒΑ", "ABBA"), ("ѕеа", "sea")):
        assert titles.skeleton(one) == titles.skeleton(other)
    assert titles.skeleton("сеть") != titles.skeleton("net")


def test_a_title_that_is_taken_has_the_name_of_the_entry_behind_it(tmp_path):
    place = toy.project(tmp_path)
    submitted(place, "honest", "Ridge regression", "baseline")
    submitted(place, "a_copy", "Ridge regression")
    found = registry.entries(place.root).found
    assert found["honest"].title == "Ridge regression"
    assert found["a_copy"].title == "Ridge regression (a_copy)"


def test_of_two_submissions_the_older_keeps_its_title(tmp_path):
    place = toy.project(tmp_path)

    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", "-C", place.root, *who, *words], check=True, capture_output=True)

    git("init", "-q")
    submitted(place, "zebra", "Deep net")
    git("add", "submissions/zebra.py")
    git("commit", "-qm", "a")
    submitted(place, "aardvark", "Deep-net")
    assert registry.entries(place.root).found.keys() == {"zebra"}
    git("add", "submissions/aardvark.py")
    git("commit", "-qm", "b", "--date", "2001-01-01T00:00:00")
    assert registry.entries(place.root).found.keys() == {"zebra"}


def test_authors_and_licences_are_called_something(tmp_path):
    place = toy.project(tmp_path)
    for name, field in {
        "nobody": 'authors = ["Me", " "]',
        "ghost": 'authors = ["\\u2800"]',
        "spaced": 'authors = ["A  B"]',
        "mixed": 'authors = ["Аlice"]',
    }.items():
        text = toy.entry(extra=f"# {field}\n").replace("Toy entry", name)
        (place.root / "submissions" / f"{name}.py").write_text(text)
    text = toy.entry().replace('licence = "Apache-2.0"', 'licence = ""')
    (place.root / "submissions" / "unlicensed.py").write_text(text)
    read = registry.entries(place.root)
    assert not read.found
    assert len(read.problems) == 5


def test_a_license_is_a_licence(tmp_path):
    text = toy.entry().replace("licence =", "license =")
    place = toy.project(
        tmp_path, mine=text, both=text.replace("license", 'licence = "MIT"\n# license')
    )
    read = registry.entries(place.root)
    assert read.found["mine"].licence == "Apache-2.0"
    (problem,) = read.problems
    assert "both.py" in problem
    assert "license" in problem


@pytest.mark.parametrize("title", ["\\ud800", "\\u200b", " ", "a\\u202eb", "\\u0000"])
def test_a_manifest_is_held_to_the_same(tmp_path, title):
    place = toy.project(tmp_path)
    folder = place.root / "submissions" / "mine"
    folder.mkdir()
    fields = '"licence": "CC0", "task": "toy", "data": {"toy.all": "x"}'
    (folder / "manifest.json").write_text(f'{{"title": "{title}", {fields}}}')
    (problem,) = registry.entries(place.root).problems
    assert "manifest.json: " in problem
    assert problem.isprintable()
