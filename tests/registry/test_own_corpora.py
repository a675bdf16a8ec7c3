"""A user's corpus is one file; one that is broken is named and stops no other."""

import os

import pytest

from benchmark import registry
from benchmark.core import UserError
from benchmark.registry import own_corpora
from parts import ROOT

GOOD = """
from benchmark.corpora.own import File, Label, contiguous, from_folder

CORPUS = from_folder(
    name={name!r},
    title="Words",
    licence="private",
    path="{{speaker}}/{{text}}_{{take}}",
    signals={{"emg": File(".npy", "V", 250, 2), "word": Label(("no", "yes"))}},
    tasks=({tasks}),
    splits={{"ends": contiguous()}},
)
"""


def good(name="mine", tasks='"emg_word_classification",'):
    return GOOD.format(name=name, tasks=tasks)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(own_corpora.VARIABLE, str(tmp_path))
    monkeypatch.setattr(own_corpora, "BESIDE", tmp_path / "nowhere")
    return tmp_path


def test_a_file_adds_its_splits_to_the_task_that_it_serves(folder):
    before = registry.tasks(ROOT)
    (folder / "words.py").write_text(good())
    tasks = registry.tasks(ROOT)
    served = tasks["emg_word_classification"].splits
    assert served == (*before["emg_word_classification"].splits, "mine.ends")
    assert "mine.ends" not in tasks["emg_to_text"].splits
    assert registry.corpora()["mine"].own == folder / "words.py"
    assert registry.split_file(ROOT, "mine.ends") == folder / "splits" / "mine.ends.json"
    packaged = registry.split_file(ROOT, "embedded.new_talkers")
    assert packaged == ROOT / "tasks" / "splits" / "embedded.new_talkers.json"
    assert registry.left_out(ROOT) == ()


def test_a_split_is_served_to_the_tasks_that_its_rule_names(folder):
    rule = "replace(contiguous(), tasks=('emg_word_classification',), full=True)"
    text = f"from dataclasses import replace\n{good()}".replace("contiguous()}", f"{rule}}}")
    (folder / "words.py").write_text(text)
    task = registry.tasks(ROOT)["emg_word_classification"]
    assert "mine.ends" in task.splits
    assert "mine.ends" in task.full
    (folder / "words.py").write_text(text.replace("tasks=('emg_word", "tasks=('other"))
    assert "mine" not in registry.corpora()
    (said,) = registry.left_out(ROOT)
    assert "ends: tasks: expected some of emg_word_classification, found 'other" in said


def test_a_file_is_read_again_only_when_it_has_changed(folder):
    path = folder / "words.py"
    trace = f"with open({str(folder / 'read')!r}, 'a') as file:\n    file.write('.')\n"
    path.write_text(trace + good())
    for _ in range(3):
        registry.corpora()
    assert (folder / "read").read_text() == "."
    path.write_text(good("another"))
    assert "another" in registry.corpora()


BROKEN = {
    "syntax": ("def broken(:\n", "line 1"),
    "importing": ("import not_there_at_all\n", "line 1: ModuleNotFoundError"),
    "empty": ("", "expected a Corpus called CORPUS"),
    "number": ("CORPUS = 3\n", "expected a Corpus called CORPUS, found int"),
    "silent": ("import os\nos._exit(0)\n", "ends the program when it is imported"),
    "raising": ("x = 1\nraise KeyError('\\x1b[2J')\n", "line 2: KeyError: '\\x1b[2J'"),
    "leaving": ("raise SystemExit(0)\n", "SystemExit: 0"),
    "printing": ("while True:\n    print('x' * 99)\n", "prints more than 10,000 characters"),
    "hushed": (
        "while True:\n  try:\n    print('x' * 99)\n  except Exception: pass\n",
        "prints more than 10,000 characters",
    ),
    "endless": ("while True: pass\n", "takes more than 1 s to import"),
    "recursive": ("def f(): f()\nf()\n", "RecursionError"),
    "taken": (good("embedded"), "the name embedded is taken, by the package"),
    "Embedded": (good("eMBEDDED"), "the name eMBEDDED is taken"),
    "twice": (good("good"), "the name good is taken, by"),
    "odd": (good("../mine"), "name: expected letters, digits, _ and -, with a letter first"),
    "dotted": (good("my.words"), "name: expected letters"),
    "blank": (good(""), "name: expected letters"),
    "one_task": (good("one", '"emg_to_text"'), "tasks: expected a tuple of str"),
    "typed": (good("typed").replace('"Words"', "7"), "title: expected str, found 7"),
    "free": (good("free").replace('"private"', '" "'), "licence: say who may use"),
    "misspelt": (good("missp").replace("title=", "tilte="), "line 4: TypeError"),
    "no_field": (good("fields").replace("{speaker}/{text}_{take}", "x"), "path: expected fields"),
    "not_utf8": (b"CORPUS = '\xff'\n", "SyntaxError"),
}


def test_broken_files_stop_only_themselves_and_are_named(folder, monkeypatch, capsys):
    monkeypatch.setattr(own_corpora, "SECONDS", 1)
    for name, (text, _) in BROKEN.items():
        content = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name}.py").write_bytes(content)
    (folder / "good.py").write_text(good("good"))
    (folder / "folder.py").mkdir()
    os.mkfifo(folder / "pipe.py")
    (folder / "away.py").symlink_to("not_there.py")
    (folder / "_helper.py").write_text("raise KeyError")
    found = own_corpora.read_corpora()
    assert "good" in found.found
    assert "embedded" in found.found
    problems = {each.partition(".py: ")[0].rpartition("/")[2]: each for each in found.problems}
    assert problems.keys() == {*BROKEN, "folder", "pipe", "away"}
    for name, (_, why) in BROKEN.items():
        assert why in problems[name], problems[name]
        assert "\n" not in problems[name]
    assert "mine.ends" not in str(registry.tasks(ROOT)["emg_word_classification"].splits)
    assert capsys.readouterr().out == ""
    with pytest.raises(UserError, match="SystemExit"):
        registry.pick_corpus("leaving", registry.corpora())


TRANSFERS = {  # declared beside the splits ends, silent_from_voiced and more
    '{"end": ("silent", "both")}': "expected some of ends, silent_from_voiced, more, found 'end'",
    '{"more": ("silent", "")}': "transfers: more: expected letters, digits, _ and -,",
    '{"more": ("", "both")}': "transfers: more: expected letters, digits, _ and -,",
    '{"more": "silent"}': "transfers: expected a dict from str to",
    '{"more": ("silent",)}': "transfers: expected a dict from str to",
    '{"more": ("silent", 3)}': "transfers: expected a dict from str to",
    '[("more", ("silent", "both"))]': "transfers: expected a dict from str to",
    '{"more": ("silent", "voiced")}': "silent_from_voiced and more are the same",
    '{"ends": ("silent", "both"), "more": ("silent", "both")}': "ends and more are the same",
    '{"more": ("spoken", "both")}': "more: expected another split that tests 'spoken', found none",
}


def with_transfers(declared):
    splits = '"ends": contiguous(), "silent_from_voiced": contiguous(), "more": contiguous()'
    text = good().replace('"ends": contiguous()', splits)
    assert splits in text
    return text.replace("title=", f"transfers={declared}, title=")


@pytest.mark.parametrize(("declared", "said"), TRANSFERS.items())
def test_a_wrong_transfer_is_refused_when_the_file_is_read(folder, declared, said):
    (folder / "words.py").write_text(with_transfers(declared))
    found = own_corpora.read_corpora()
    assert "mine" not in found.found
    (problem,) = found.problems
    assert problem.startswith(f"{folder}/words.py: ")
    assert said in problem


def test_a_transfer_of_splits_that_test_the_same_is_taken(folder):
    (folder / "words.py").write_text(with_transfers('{"more": ("silent", "both")}'))
    assert registry.corpora()["mine"].transfers == {"more": ("silent", "both")}


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("contiguous()", "replace(contiguous(), guard='1')", "splits: ends: guard: expected float"),
        (
            "contiguous()",
            "replace(contiguous(), disjoint='text')",
            "ends: disjoint: expected a tuple",
        ),
        (
            '"emg_word_classification",',
            '"emg_to_mel", "emg_to_mel",',
            "'emg_to_mel' is named twice",
        ),
    ],
)
def test_fields_of_what_a_corpus_holds_are_looked_at_too(folder, was, now, said):
    text = good()
    assert was in text
    (folder / "words.py").write_text(f"from dataclasses import replace\n{text.replace(was, now)}")
    (problem,) = own_corpora.read_corpora().problems
    assert said in problem


def test_an_interruption_ends_the_command_and_names_the_file(folder, capsys):
    (folder / "stops.py").write_text("print('hello')\nraise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        own_corpora.read_corpora()
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{folder / 'stops.py'}: interrupted while it was imported" in said.err


def test_what_a_corpus_cannot_serve_is_said(folder):
    (folder / "a.py").write_text(good("a", '"emg_to_txt", "emg_to_mel"'))
    (folder / "b.py").write_text(good("b", ""))
    one, other, none = registry.misfits(ROOT)
    assert "no task is called 'emg_to_txt'; nearest: emg_to_text" in one
    assert "emg_to_mel needs the signal 'mel', and a has emg, word" in other
    assert "tasks: expected one or more, found none" in none
    assert "a.ends" not in registry.tasks(ROOT)["emg_to_mel"].splits


def test_folders_are_those_named_and_the_one_beside_submissions(folder, monkeypatch):
    beside = folder / "beside"
    beside.mkdir()
    (beside / "near.py").write_text(good("near"))
    (folder / "far.py").write_text(good("far"))
    monkeypatch.setattr(own_corpora, "BESIDE", beside)
    assert {"near", "far"} <= registry.corpora().keys()
    monkeypatch.setenv(own_corpora.VARIABLE, "")
    assert not {"near", "far"} & registry.corpora().keys()
    monkeypatch.delenv(own_corpora.VARIABLE)
    assert "near" in registry.corpora()
    assert "far" not in registry.corpora()
    monkeypatch.setenv(own_corpora.VARIABLE, str(folder / "misspelt"))
    assert "misspelt: no folder of corpora" in registry.left_out(ROOT)[0]


FUNCTIONS = """
from pathlib import Path

import numpy as np

from benchmark.core import Corpus, Recording, Signal

def recordings(folder):
    return {listed}

def read(signal):
    return {read}

CORPUS = Corpus(
    name="mine", title="t", version="1", licence="private", citation="c", advice="a",
    signals={{"emg": Signal("V", "float32", 10.0, (1,))}}, locate=lambda data: data,
    recordings=recordings, digest=lambda: "0" * 64, verify=lambda folder: {verify},
    tasks=("emg_word_classification",), splits={{}},
)
"""
ONE = '[Recording("r1", "s", "s", "t", read)]'


@pytest.mark.parametrize(
    ("listed", "read", "verify", "said"),
    [
        ("1 / 0", "0", "[]", "recordings: line 9: ZeroDivisionError"),
        ("None", "0", "[]", "recordings: expected a list, found NoneType"),
        ("[3]", "0", "[]", "recordings: expected recordings, found int among them"),
        ("[]", "0", "[]", "recordings: there are none in"),
        (f"{ONE} * 2", "0", "[]", "recordings: two of them have the id r1"),
        (ONE, "None", "[]", "recording r1, emg: expected an array, found NoneType"),
        (
            ONE,
            "Path('/not/there').read_bytes()",
            "[]",
            "recording r1, emg: line 12: FileNotFoundError",
        ),
        (ONE, "exit(1)", "[]", "recording r1, emg: line 12: SystemExit"),
        (ONE, "np.zeros(3)", "[][1]", "verify: line 17: IndexError"),
    ],
)
def test_what_functions_of_a_file_raise_names_the_file_and_the_line(
    folder, listed, read, verify, said
):
    text = FUNCTIONS.format(listed=listed, read=read, verify=verify)
    (folder / "mine.py").write_text(text)
    corpus = registry.corpora()["mine"]

    def use():
        for recording in corpus.recordings(folder):
            recording["emg"]
        corpus.verify(folder)

    with pytest.raises(UserError, match=r"mine\.py: ") as caught:
        use()
    assert said in str(caught.value)


def test_what_a_file_prints_is_shown_apart_from_what_a_command_prints(folder, capsys):
    (folder / "words.py").write_text("print('by the way \\x1b[2J')\n" + good())
    registry.corpora()
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "words.py: by the way \\x1b[2J\n"
