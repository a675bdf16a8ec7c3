"""Croissant metadata and dataset cards of every corpus: valid, complete, nothing invented."""

import json
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

import toy
from benchmark import registry
from benchmark.core import Fold, Signal, Split
from benchmark.data import croissant
from benchmark.report import dataset_cards
from parts import needs

ROOT = Path(__file__).resolve().parents[2]
CORPORA = registry.corpora()
TASKS = registry.tasks(ROOT)
MAY_WARN = ("datePublished", "MAJOR.MINOR.PATCH")  # not known, and not ours to choose


def read(document):
    """What the reference implementation makes of a document."""
    needs("mlcroissant")
    import mlcroissant

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of one of its parts by another
        return mlcroissant.Dataset(jsonld=json.loads(json.dumps(document)))


@pytest.mark.parametrize("name", CORPORA)
def test_metadata_are_valid(name):
    dataset = read(croissant.metadata(CORPORA[name], TASKS))
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    assert not [text for text in issues.warnings if not any(word in text for word in MAY_WARN)]
    assert str(dataset.metadata.ctx.conforms_to.value).endswith("croissant/1.0")


@pytest.mark.parametrize("name", CORPORA)
def test_the_table_of_signals_can_be_loaded(name):
    rows = {
        row["signals/name"]: {key.split("/")[1]: value for key, value in row.items()}
        for row in read(croissant.metadata(CORPORA[name], TASKS)).records("signals")
    }
    assert rows.keys() == CORPORA[name].signals.keys()
    for signal, row in rows.items():
        declared = CORPORA[name].signals[signal]
        assert (row["unit"], row["dtype"]) == (declared.unit, declared.dtype)
        assert row["rate"] == ("" if declared.rate is None else f"{declared.rate:g} Hz")
        assert row["shape"].count("×") == (len(declared.frame) if declared.rate else 0)


def test_the_validator_rejects_a_broken_document():
    needs("mlcroissant")
    import mlcroissant

    document = croissant.metadata(toy.corpus(), {})
    document["distribution"][0]["@id"] = "elsewhere"
    with pytest.raises(mlcroissant.ValidationError, match="Malformed source data: files"):
        read(document)


@pytest.mark.parametrize("name", CORPORA)
def test_fields_describe_signals(name):
    corpus = CORPORA[name]
    _, recordings = croissant.metadata(corpus, TASKS)["recordSet"]
    fields = {field["name"]: field for field in recordings["field"]}
    assert fields.keys() == corpus.signals.keys()
    for signal, field in fields.items():
        declared, text = corpus.signals[signal], field["description"]
        for word in (declared.dtype, declared.unit, *declared.channels, *declared.labels):
            assert word in text
        if declared.rate is not None:
            assert f"at {declared.rate:g} Hz" in text
        kind = "Text" if declared.free else "Float" if "float" in declared.dtype else "Integer"
        assert field["dataType"] == f"sc:{kind}"
        assert field.get("repeated", False) == (declared.rate is not None)


@pytest.mark.parametrize("name", CORPORA)
def test_metadata_state_only_what_is_declared(name):
    corpus = CORPORA[name]
    document = croissant.metadata(corpus, TASKS)
    text = json.dumps({**document, "@context": {}}, ensure_ascii=False)
    assert "sha256" not in text
    assert "md5" not in text
    assert (document["name"], document["version"]) == (name, corpus.version)
    assert document["citeAs"] == corpus.citation
    assert corpus.source.startswith(document.get("url", ""))
    assert str(ROOT) not in text
    for issue in corpus.known_issues:
        assert issue.rstrip(".") in document["description"]


def test_tasks_that_use_a_corpus_are_named():
    task = replace(TASKS["emg_to_text"], splits=("toy.all",), smoke=(), inputs=("x",), target="y")
    other = replace(task, splits=("toys.all",))
    document = croissant.metadata(toy.corpus(), {"reading": task, "no": other})
    assert document["keywords"] == ["simulated", "reading"]
    texts = {f["name"]: f["description"] for f in document["recordSet"][1]["field"]}
    assert "input of reading" in texts["x"]
    assert "target of reading" in texts["y"]
    assert "reading" not in texts["word"]
    both = croissant.uses(
        "x", {"reading": task, "again": task, "hinted": replace(task, privileged=("x",))}
    )
    assert both == ["input of reading, again, hinted", "privileged signal of hinted"]
    smoke = replace(task, splits=(), smoke=("toy.all",))
    assert list(croissant.tasks_of(toy.corpus(), {"reading": smoke})) == ["reading"]


def test_only_an_address_is_a_url():
    corpus = replace(toy.corpus(), source="https://example.org/data", synthetic=False)
    document = croissant.metadata(corpus, {})
    assert document["url"] == "https://example.org/data"
    two = replace(corpus, source="https://example.org/data; and https://example.org/more")
    assert croissant.metadata(two, {})["url"] == "https://example.org/data"
    assert document["keywords"] == ["recorded"]
    assert "from https://example.org/data" in document["distribution"][0]["description"]
    assert "url" not in croissant.metadata(replace(corpus, source="docs/data.md"), {})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("CC BY-NC 4.0", "https://creativecommons.org/licenses/by-nc/4.0/"),
        ("CC BY-NC-SA 4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"),
        ("Apache-2.0", "https://spdx.org/licenses/Apache-2.0"),
        ("not stated by its authors", "not stated by its authors"),
        ("CC BY 4.0, but see README", "CC BY 4.0, but see README"),
    ],
)
def test_known_licences_become_addresses(name, expected):
    assert croissant.licence(name) == expected
    assert not read(
        croissant.metadata(replace(toy.corpus(), licence=name), {})
    ).metadata.ctx.issues.errors


@pytest.mark.parametrize(
    ("signal", "shape"),
    [
        (Signal("mm", "float32", 50.0), "time"),
        (Signal("mm", "float32", 50.0, (96, None)), "time × 96 × ?"),
        (Signal("class", "int64", labels=("a",)), "one number"),
        (Signal("code point", "uint32", free=True), "length"),
    ],
)
def test_shapes_as_text(signal, shape):
    assert croissant.shape(signal) == shape


def test_a_packaged_corpus_names_its_folder():
    assert croissant.packaged_folder(CORPORA["embedded"]) == "benchmark/corpora/embedded/data"
    (files,) = croissant.metadata(CORPORA["embedded"], TASKS)["distribution"]
    assert files["includes"] == "benchmark/corpora/embedded/data/**"
    assert croissant.packaged_folder(CORPORA["somach"]) == ""
    (files,) = croissant.metadata(CORPORA["somach"], TASKS)["distribution"]
    assert files["includes"] == "**"
    assert CORPORA["somach"].source in files["description"]


# Cards


def card(corpus, tasks=None, splits=None, **more):
    return dataset_cards.page(corpus, tasks or {}, splits or {}, **more)


@pytest.mark.parametrize("name", CORPORA)
def test_a_card_states_what_its_corpus_declares(name):
    corpus, splits = CORPORA[name], dataset_cards.all_splits(ROOT)
    page = card(corpus, TASKS, splits)
    assert page.startswith(f"# {corpus.title}\n")
    for fact in (
        corpus.licence,
        corpus.citation,
        corpus.version,
        corpus.size,
        *corpus.known_issues,
    ):
        assert fact in page
    for signal in corpus.signals:
        assert page.count(f"\n| `{signal}` | ") == 1
    for split in splits.values():
        assert (f"\n| `{split.name}` | " in page) == (split.corpus == name)
    assert ("**simulated**" in page) == corpus.synthetic
    assert ("trust on first use" in page) == (corpus.files is not None)
    assert (dataset_cards.PUBLISHED in page) == (corpus.files is None)
    widths = {line.replace("\\|", "").count("|") for line in page.splitlines() if line[:1] == "|"}
    assert widths <= {3, 6, 7}  # of facts, splits and signals


def test_a_card_tells_how_to_get_a_corpus():
    corpus = toy.corpus()
    command = "silentbench data prepare toy"
    assert f"{command} --from PATH --accept-licence\n" in card(replace(corpus, fetch=None))
    assert f"{command} --accept-licence\n" in card(replace(corpus, fetch=lambda _: None))
    assert corpus.advice in card(corpus)
    assert "data fixture toy" not in card(corpus)
    assert "data fixture toy --data FOLDER" in card(corpus, miniature=True)
    page = card(CORPORA["embedded"], miniature=True)
    assert "It comes with the package, in `benchmark/corpora/embedded/data`." in page
    assert "data prepare" not in page


def test_a_card_names_the_tasks_of_each_split():
    task = replace(TASKS["emg_to_text"], splits=("toy.all",), smoke=("toy.few",), target="y")
    fold = Fold(("a",), (), ("b",))
    splits = {
        f"toy.{name}": Split(f"toy.{name}", f"about {name}", apart, {"one": fold, "two": fold}, "")
        for name, apart in (("all", ("text", "speaker")), ("few", ()), ("other", ()))
    }
    page = card(toy.corpus(), {"reading": task}, splits)
    assert "| `toy.all` | reading | 2 | text, speaker | about all |" in page
    assert "| `toy.few` | reading (smoke) | 2 | nothing | about few |" in page
    assert "| `toy.other` | none | 2 | nothing | about other |" in page
    assert "| `y` | mm | 10 Hz | time × 1 | float32 | target of reading |" in page
    assert "There is no split of it yet." in card(toy.corpus())


def test_equal_channels_are_listed_once():
    signals = {
        name: Signal("V", "float32", 10.0, (2,), channels=channels, labels=labels)
        for name, channels, labels in (
            ("a", ("chin", "neck"), ()),
            ("b", ("chin", "neck"), ("yes", "no")),
            ("c", ("cheek", "neck"), ()),
        )
    }
    page = card(replace(toy.corpus(), signals=signals))
    assert "Channels of `a`, `b`: chin, neck." in page
    assert "Channels of `c`: cheek, neck." in page
    assert "Classes of `b`: yes, no." in page


def test_units_of_channels_are_named():
    signal = Signal("mm", "float32", 50.0, (3,), units=("mm", "mm", "Hz"))
    assert "| `a` | mm, Hz | 50 Hz |" in card(replace(toy.corpus(), signals={"a": signal}))


def test_unknown_facts_are_stated_and_bars_are_escaped():
    page = card(
        replace(toy.corpus(), size="", source="", known_issues=(), licence="MIT | other\nline")
    )
    assert "| size | not stated |" in page
    assert "| source | not stated |" in page
    assert "- None." in page
    assert "| licence | MIT \\| other line |" in page


def test_pages_of_this_project():
    pages = dataset_cards.pages(ROOT)
    names = {path.name for path in pages}
    assert names == {"README.md", *(f"{n}.{kind}" for n in CORPORA for kind in ("md", "json"))}
    assert {path.parent for path in pages} == {Path("docs/corpora")}
    assert dataset_cards.pages(ROOT) == pages
    index = pages[Path("docs/corpora/README.md")]
    for name, corpus in CORPORA.items():
        (row,) = [line for line in index.splitlines() if line.startswith(f"| [{name}]({name}.md)")]
        assert ("simulated" if corpus.synthetic else "recorded") in row
        assert ("published" if corpus.files is None else "trust on first use") in row
        tried = name in registry.fixtures() and not croissant.packaged_folder(corpus)
        assert (f"data fixture {name} " in pages[Path(f"docs/corpora/{name}.md")]) == tried
        text = pages[Path(f"docs/corpora/{name}.json")]
        assert json.loads(text) == croissant.metadata(corpus, TASKS)
    for text in pages.values():
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert str(ROOT) not in text


def test_cards_need_no_croissant_library():
    code = "import sys; from benchmark.report import dataset_cards; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not {"mlcroissant", "torch", "scipy", "rdflib"} & set(done.stdout.split())
