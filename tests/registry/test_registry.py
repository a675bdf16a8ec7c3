import pytest

import toy
from benchmark import registry
from benchmark.core import UserError
from benchmark.registry import source
from benchmark.worker.loading import load_module


def entry_file(folder, text, name="mine.py"):
    path = folder / name
    path.write_text(text)
    return path


def test_a_header_says_it_all(tmp_path):
    extra = '# citation = "Me 2026"\n# causal = true\n# trained-on = "nothing else"\n'
    extra += "# [tool.silentbench.variants]\n# a = {}\n# b = { width = 2 }\n"
    entry = registry.read_entry(entry_file(tmp_path, toy.entry(extra=extra)), "submission")
    assert (entry.name, entry.kind, entry.title) == ("mine", "submission", "Toy entry")
    assert (entry.tasks, entry.licence, entry.citation) == (("toy",), "Apache-2.0", "Me 2026")
    assert entry.causal
    assert entry.trained_on == "nothing else"
    assert entry.variants == {"a": {}, "b": {"width": 2}}
    assert entry.results == tmp_path / "mine.json"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace("# ///\n", ""), "has no header; start from"),
        (lambda text: text.replace('title = "Toy entry"', "title = "), "the header is not TOML"),
        (lambda text: text.replace("# title", "# titel"), "the header lacks 'title'"),
        (lambda text: text.replace("[tool.silentbench]", "[tool.other]"), "lacks 'silentbench'"),
        (
            lambda text: text.replace('["toy"]', '["toy", "*"]'),
            r"\"\*\" is every task: write it alone",
        ),
        (lambda text: text.replace('["toy"]', '["x -> "]'), '"INPUT -> TARGET" or "\\*"'),
        (lambda text: text.replace('["toy"]', '["x, -> y"]'), '"INPUT -> TARGET" or "\\*"'),
        (lambda text: text.replace('["toy"]', '["x -> y -> z"]'), "expected the name of a task"),
        (lambda text: text.replace('["toy"]', '["t*"]'), "expected the name of a task"),
        (lambda text: text.replace('["toy"]', "[]"), "'tasks': List should have at least 1 item"),
    ],
)
def test_a_broken_header_gets_a_sentence(tmp_path, change, sentence):
    with pytest.raises(UserError, match=sentence):
        registry.read_entry(entry_file(tmp_path, change(toy.entry())), "submission")


def test_file_names_are_plain(tmp_path):
    with pytest.raises(UserError, match="a-z, 0-9 and _"):
        registry.read_entry(entry_file(tmp_path, toy.entry(), "My-Model.py"), "submission")


def test_one_rule_for_dot_files_and_letter_case(tmp_path):
    """A file is left alone, or it is read, or a sentence says what is wrong with its name."""
    place = toy.project(tmp_path, ridge=toy.entry())
    submissions, tasks = place.root / "submissions", place.root / "tasks"
    for name in ("._ridge.py", ".hidden.py", "_template.py", "notes.txt", "README"):
        entry_file(submissions, "no entry", name)
        entry_file(tasks, "no task", name)
    before = registry.known_tasks(place.root)
    assert registry.entries(place.root).problems == ()
    assert before
    for name in ("upper.PY", "Upper.py"):
        entry_file(submissions, toy.entry(), name)
        entry_file(tasks, "TASK = None", name)
    for name in ("Submission.py", "MANIFEST.json"):
        folder = submissions / f"folder_{name[0].lower()}"
        folder.mkdir()
        entry_file(folder, toy.entry(), name)
        entry_file(folder, "", "._submission.py")
    said = "\n".join(registry.entries(place.root).problems)
    assert "upper.PY: let its name end in .py, in small letters" in said
    assert "Upper.py: name the entry with a-z, 0-9 and _ only" in said
    assert "Submission.py: rename it to submission.py" in said
    assert "MANIFEST.json: rename it to manifest.json" in said
    assert said.count("\n") == 3
    assert set(registry.entries(place.root).found) == {"ridge"}
    problems = registry.read_tasks(place.root).problems
    assert len(problems) == 2
    assert all("name the task with a-z, 0-9 and _ only" in problem for problem in problems)
    assert registry.known_tasks(place.root) == before


def test_dot_files_are_no_weights(tmp_path):
    folder = tmp_path / "mine"
    (folder / "weights").mkdir(parents=True)
    path = entry_file(folder, toy.entry(), "submission.py")
    (folder / "weights" / "a.safetensors").write_bytes(b"0")
    for name in (".DS_Store", "._a.safetensors"):
        (folder / "weights" / name).write_bytes(b"1")
    entry = registry.read_entry(path, "submission")
    assert [weights.name for weights in entry.weights] == ["a.safetensors"]


def test_one_name_is_one_entry(tmp_path):
    place = toy.project(tmp_path, ridge=toy.entry())
    entry_file(place.root / "submissions", toy.entry(), "ridge.py")
    found = registry.entries(place.root)
    assert found.found["ridge"].kind == "baseline"
    assert "has that name already" in found.problems[0]


def test_reading_entries_runs_no_code(tmp_path):
    place = toy.project(tmp_path, bomb=toy.entry() + "\nraise RuntimeError('imported')\n")
    assert "bomb" in registry.entries(place.root).found


def test_sources_are_followed_through_layers(tmp_path):
    entry = entry_file(tmp_path, toy.entry() + "\nfrom _a import x\nimport json\n")
    entry_file(tmp_path, "import _b\n", "_a.py")
    entry_file(tmp_path, "import _a\n", "_b.py")
    entry_file(tmp_path, "", "_unused.py")
    assert [p.name for p in source.files(entry)] == ["_a.py", "_b.py", "mine.py"]


def test_an_entry_that_is_not_python_is_told(tmp_path):
    with pytest.raises(UserError, match=r"mine\.py:\d+: not Python"):
        source.files(entry_file(tmp_path, toy.entry() + "\ndef broken(:\n"))


def test_a_task_file_must_hold_a_task(tmp_path):
    place = toy.project(tmp_path)
    (place.root / "tasks" / "empty.py").write_text("TASK = 3\n")
    with pytest.raises(UserError, match=r"empty\.py: expected a Task called TASK"):
        registry.tasks(place.root)


def test_the_nearest_names_come_first():
    many = dict.fromkeys(("soup", "cake", "tea", "rice", "bread", "salt", "oil"))
    with pytest.raises(UserError, match="no dish is called 'soop'; nearest: soup"):
        registry.pick("dish", "soop", many)
    with pytest.raises(UserError, match=r"there are: cake, soup$"):
        registry.pick("dish", "x", {"soup": 1, "cake": 2})
    with pytest.raises(UserError, match=r"there are: a, b, c, d, e, f, \.\.\.$"):
        registry.pick("dish", "x", dict.fromkeys("gfedcba"))
    with pytest.raises(UserError, match="there are none"):
        registry.pick("dish", "soup", {})


def test_a_module_may_use_dataclasses_with_late_annotations(tmp_path):
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    path = entry_file(tmp_path, text + "@dataclass\nclass Setting:\n    width: int = 3\n")
    assert load_module(path).Setting().width == 3


def test_weights_are_safetensors_and_nothing_else(tmp_path):
    folder = tmp_path / "submissions" / "trained"
    (folder / "weights").mkdir(parents=True)
    entry_file(folder, toy.entry(), "submission.py")
    weights = folder / "weights" / "a.safetensors"
    weights.write_bytes(b"one")
    entry = registry.entries(tmp_path).found["trained"]
    assert entry.weights == (weights,)
    assert entry.results == folder / "results.json"
    (folder / "weights" / "b.pt").write_bytes(b"")
    (problem,) = registry.entries(tmp_path).problems
    assert "weights are files NAME.safetensors and nothing else" in problem


def test_one_task_is_imported_without_the_others(tmp_path):
    place = toy.project(tmp_path / "project")
    (place.root / "tasks" / "broken.py").write_text("raise RuntimeError('imported')\n")
    assert registry.task(place.root, "toy").title == "Toy"
    with pytest.raises(UserError, match="no task is called 'toi'; there are: broken, toy"):
        registry.task(place.root, "toi")


def tasks_of(place, choices):
    text = toy.entry().replace('["toy"]', str(choices).replace("'", '"'))
    return registry.read_entry(entry_file(place.root / "baselines", text), "baseline").tasks


def test_tasks_are_chosen_by_name_by_signals_or_all(tmp_path):
    place = toy.project(tmp_path)
    about = {"module": "classification", "metrics": "classification.ACCURACY"}
    text = toy.TASK.format(target="word", **about)
    (place.root / "tasks" / "both.py").write_text(text.replace('("x",)', '("x", "y")'))
    (place.root / "tasks" / "words.py").write_text(text)
    assert tasks_of(place, ["*"]) == ("both", "toy", "words")
    assert tasks_of(place, ["x -> word"]) == ("words",)
    assert tasks_of(place, ["y,x -> word", "toy"]) == ("toy", "both")  # inputs in any order
    assert tasks_of(place, ["x -> y", "toy", "x -> text"]) == ("toy",)
    assert tasks_of(place, ["absent"]) == ("absent",)


def test_tasks_of_a_folder_are_those_of_its_project(tmp_path):
    place = toy.project(tmp_path)
    folder = place.root / "submissions" / "mine"
    folder.mkdir()
    entry_file(folder, toy.entry().replace('["toy"]', '["*"]'), "submission.py")
    assert registry.entries(place.root).found["mine"].tasks == ("toy",)


@pytest.mark.parametrize("name", ["latin-1", "utf-7", "nonsense"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_no_entry_is_written_in_another_encoding(tmp_path, name, end):
    """Python would run other code than the text that is read, digested and searched for imports."""
    text = f"\n# coding: {name}\n{toy.entry()}".replace("\n", end)
    (tmp_path / "mine.py").write_bytes(text.encode())
    with pytest.raises(UserError, match=r"encoding.*; write it in UTF-8"):
        registry.read_entry(tmp_path / "mine.py", "submission")
    (tmp_path / "mine.py").write_bytes(text.replace(name, "UTF8").encode())
    assert registry.read_entry(tmp_path / "mine.py", "submission").name == "mine"


@pytest.mark.parametrize(
    ("more", "marked"),
    [
        ("", False),
        ('\n"""' + "Words of a long docstring. " * 1000 + '"""\n', False),
        ("\nANSWERS = [" + "0.25, " * 2000 + "]\n", True),
        ("\nANSWERS = " + repr("ab" * 6000) + "\n", True),
        ("\nANSWERS = " + " + ".join(repr("ab" * 30) for _ in range(200)) + "\n", True),
        ("\nANSWERS = 0x" + "f" * 10_000 + "\n", True),
        (f"\n# {'ab' * 6000}\n", True),
        ('\n"""' + "ab" * 6000 + '"""\n', True),
    ],
)
def test_data_in_code_is_seen(tmp_path, more, marked):
    entry = registry.read_entry(entry_file(tmp_path, toy.entry() + more), "submission")
    assert entry.brings_weights is marked


def test_data_in_a_layer_and_files_of_weights_are_seen(tmp_path):
    folder = tmp_path / "submissions" / "trained"
    (folder / "weights").mkdir(parents=True)
    entry_file(folder, toy.entry() + "\nimport _layer\n", "submission.py")
    entry_file(folder, "", "_layer.py")
    assert not registry.entries(tmp_path).found["trained"].brings_weights
    entry_file(folder, "ANSWERS = [" + "1.5, " * 2000 + "]", "_layer.py")
    assert registry.entries(tmp_path).found["trained"].brings_weights
    entry_file(folder, "", "_layer.py")
    (folder / "weights" / "a.safetensors").write_bytes(b"one")
    assert registry.entries(tmp_path).found["trained"].brings_weights
