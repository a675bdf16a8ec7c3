"""A folder of WAV, CSV and NPY files becomes a corpus; what does not fit is named."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

import toy
from benchmark.core import Recording, UserError
from benchmark.corpora import own_table
from benchmark.corpora.io import mel
from benchmark.corpora.own import (
    File,
    Label,
    Mel,
    Text,
    contiguous,
    from_folder,
    k_folds,
    leave_one_out,
    listed,
    repetitions,
)

PATH = "{speaker}/{session}/{text}_{take:[0-9]+}"
CHANNELS = ("chin", "cheek")
SIGNALS = {
    "emg": File(".csv", "µV", 100, CHANNELS, time="ms", scale=2.0),
    "audio": File(".wav", rate=16000, stored=8000),
    "word": Label(("no", "yes")),
    "text": Text(),
    "mel": Mel(),
}


def corpus(**changes):
    settings = {
        "name": "mine",
        "title": "t",
        "licence": "private",
        "path": PATH,
        "signals": SIGNALS,
        "tasks": ("emg_to_text",),
        "splits": {"new": leave_one_out("speaker")},
    }
    return from_folder(**{**settings, **changes})


def write(folder, name="ann/day1/yes_1", rows=50, samples=4000):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{10 * n},{n},{-n}" for n in range(rows)]
    path.with_name(f"{path.name}.csv").write_text("\n".join(["ms,chin,cheek", *lines]))
    sound = np.sin(2 * np.pi * 200 * np.arange(samples) / 8000) / 2
    soundfile.write(path.with_name(f"{path.name}.WAV"), sound, 8000)
    return path


@pytest.fixture
def folder(tmp_path):
    for name in ("ann/day1/yes_1", "ann/day1/yes_10", "ann/day1/no_2", "ben/day1/yes_9"):
        write(tmp_path, name)
    (tmp_path / ".hidden.csv").write_text("x")
    (tmp_path / "notes.md").write_text("x")
    return tmp_path


def test_recordings_are_listed_by_their_paths_and_read_by_their_endings(folder):
    found = {r.id: r for r in corpus().recordings(folder)}
    assert list(found) == ["ann-day1-no-2", "ann-day1-yes-1", "ann-day1-yes-10", "ben-day1-yes-9"]
    one = found["ann-day1-yes-10"]
    assert (one.speaker, one.session, one.text) == ("ann", "ann-day1", "yes")
    emg, audio = one["emg"], one["audio"]
    np.testing.assert_array_equal(emg, 2 * np.stack([np.arange(50), -np.arange(50)], 1))
    assert emg.dtype == np.float32
    assert audio.shape == (8000,)  # a second half at twice the stored rate
    times = np.arange(1000, 7000)
    np.testing.assert_allclose(
        audio[1000:7000], np.sin(2 * np.pi * 200 * times / 16000) / 2, atol=2e-3
    )
    assert one["word"] == 1
    assert one["word"].dtype == np.int64
    assert "".join(map(chr, one["text"])) == "yes"
    assert one["mel"].shape == (1 + 8000 * 441 // 320 // 256, 80)
    np.testing.assert_array_equal(one["mel"], mel.spectrogram(audio, len(one["mel"])))
    for name, signal in corpus().signals.items():
        assert one[name].dtype == signal.dtype
        assert one[name].shape[1:] == (signal.frame if signal.rate else one[name].shape[1:])


def test_every_file_has_a_checksum_and_the_digest_is_of_what_is_read(folder):
    assert len(corpus().files(folder)) == 8
    same = corpus(title="another", splits={}, tasks=())
    assert corpus().digest() == same.digest()
    scaled = {**SIGNALS, "emg": File(".csv", "µV", 100, CHANNELS, time="ms")}
    others = [
        corpus(signals=scaled),
        corpus(ignore=("*.x",)),
        corpus(correct=lambda _fields: {}),
        corpus(path="{speaker}/{session}/{text}_{take:[0-9]*}"),
    ]
    assert len({corpus().digest(), *(each.digest() for each in others)}) == 5


def test_fields_come_from_a_table_and_from_a_function(tmp_path):
    for name in ("1", "2"):
        np.save(tmp_path / f"{name}.npy", np.ones((5, 2)))
    table = tmp_path / "list.csv"
    table.write_text("\ufeffid;cls;speaker\n1;no;ann\n2;yes;ben\n2;yes;ben\n")
    made = corpus(
        path="{id}",
        signals={"emg": File(".npy", "V", 10, 2), "word": SIGNALS["word"]},
        table=("list.csv", "id"),
        correct=lambda fields: {"text": fields["cls"]},
    )
    one, two = made.recordings(tmp_path)
    assert (one.text, one.speaker, one["word"], two["word"]) == ("no", "ann", 0, 1)
    assert tmp_path / "list.csv" in made.files(tmp_path)
    for text, said in (
        ("id;cls\n1;no\n", "expected a row '2', found none"),
        ("id;cls\n1;no\n2;no\n3;no\n", "expected a recording '3', found none"),
        ("id;cls\n1;no\n2;no\n2;yes\n", "row 4: a second row '2', which says otherwise"),
        ("id;cls\n1;no\n2\n", "row 3: expected 2 cells"),
        ("name;cls\n", "expected a column 'id', found name, cls"),
    ):
        table.write_text(text)
        with pytest.raises(UserError, match=said):
            made.recordings(tmp_path)


def test_what_does_not_fit_in_a_folder_is_named(folder):
    made = corpus()
    extra = folder / "ann" / "calibration.csv"
    extra.write_text("1,2,3")
    with pytest.raises(UserError, match=r"calibration\.csv: fits no recording .* name it in"):
        made.recordings(folder)
    assert len(corpus(ignore=("calibration.*",)).recordings(folder)) == 4
    extra.unlink()
    (folder / "ann" / "day1" / "no_2.WAV").rename(folder / "away")
    with pytest.raises(UserError, match=r"no_2\.wav: expected this file of the recording"):
        made.recordings(folder)
    with pytest.raises(UserError, match="can be read as"):
        corpus(path="{text}_{take}").recordings(_flat(folder, "a_b_1"))
    with pytest.raises(UserError, match="expected files like"):
        made.recordings(_flat(folder, "x").parent / "nothing")


def _flat(folder, name):
    place = folder.parent / f"flat-{name}"
    write(place, name)
    return place


CSV = {
    "short": ("ms,chin,cheek\n0,1,2\n10,1\n", "row 3: expected 3 numbers"),
    "word": ("ms,chin,cheek\n0,1,2\n10,1,off\n", "row 3: expected 3 numbers"),
    "wide": ("ms,chin,cheek,lip\n0,1,2,3\n10,1,2,3\n", "expected the columns chin, cheek, found"),
    "nameless and wide": (
        "ms,a,b,c\n0,1,2,3\n10,1,2,3\n",
        r"expected \(2,\) a time step, found \(3",
    ),
    "gap": ("ms,chin,cheek\n0,1,2\n10,1,2\n20,1,2\n90,1,2\n", "regular time stamps, found a step"),
    "rate": (
        "ms,chin,cheek\n0,1,2\n4,1,2\n8,1,2\n",
        "expected 100 Hz, found time stamps that are 4",
    ),
    "empty": ("ms,chin,cheek\n", "expected samples, found none"),
    "nothing": ("", "expected rows of numbers, found nothing"),
}


@pytest.mark.parametrize("name", CSV)
def test_a_table_that_is_not_as_declared_is_refused(tmp_path, name):
    text, said = CSV[name]
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=said) as caught:
        SIGNALS["emg"].read(path)
    assert str(path) in str(caught.value)


def test_channels_with_names_are_taken_by_them(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("ms,cheek,chin\n0,1,2\n10,3,4\n")
    np.testing.assert_array_equal(SIGNALS["emg"].read(path), [[4, 2], [8, 6]])


def test_a_sound_that_broke_off_is_refused(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.linspace(-0.5, 0.5, 16_000), 16_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(UserError, match=f"{path}: its header says 32044 bytes, found 19226"):
        File(".wav").read(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("rate", 0), ("rate", "500"), ("rate", -500), ("stored", -1), ("scale", float("inf"))],
)
def test_a_number_that_is_none_is_refused_where_it_is_said(field, value):
    with pytest.raises(UserError, match=f"{field}: expected .* found"):
        File(".csv", **{field: value})


@pytest.mark.parametrize(
    "rule",
    [
        lambda: leave_one_out("speaker", valid=1.5),
        lambda: contiguous(valid=0.5, test=0.6),
        lambda: leave_one_out("speeker").folds(toy.recordings(Path())),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule):
    with pytest.raises(UserError, match="expected"):
        rule()


def test_columns_are_taken_by_name_or_number(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\ufeffa;b;c\n1,5;2;3\n4;5;6\n")
    np.testing.assert_array_equal(
        File(".csv", channels=2, columns=("c", 0)).read(path), [[3, 1.5], [6, 4]]
    )
    with pytest.raises(UserError, match="expected a column 'd', found a, b, c"):
        File(".csv", channels=1, columns=("d",)).read(path)
    with pytest.raises(UserError, match="expected a column 7, found 3 of them"):
        File(".csv", channels=1, columns=(7,)).read(path)
    path.write_text("1 2\n3 4\n")
    heads, rows = own_table.read_table(path)
    assert heads == []
    np.testing.assert_array_equal(rows, [[1, 2], [3, 4]])


def test_a_column_that_is_not_taken_may_hold_words(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("ms,a,b,word\n0,1,2,up\n4,3,4,up\n")
    source = File(".csv", rate=250, channels=2, columns=("b", "a"), time="ms")
    np.testing.assert_array_equal(source.read(path), [[2, 1], [4, 3]])
    with pytest.raises(UserError, match="row 2: expected 4 numbers, found '0,1,2,up'"):
        File(".csv", rate=250, channels=3, time="ms").read(path)
    path.write_text("ms,a,b,word\n0,1,2,up\n4,3,x,up\n")
    with pytest.raises(UserError, match="row 3: expected 4 cells, numbers in 3 of them, found"):
        source.read(path)
    path.write_text("ms,a,b,word\n0,1,2,up\n4,3,4,up,1\n")
    with pytest.raises(UserError, match="row 3: expected 4 cells"):
        source.read(path)


def test_a_sound_or_an_array_that_is_not_as_declared_is_refused(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros((100, 2)), 44100)
    with pytest.raises(UserError, match="expected 16000 Hz, found 44100 Hz; say stored=44100"):
        File(".wav").read(path)
    with pytest.raises(UserError, match=r"expected one column a time step, found \(2,\)"):
        File(".wav", stored=44100).read(path)
    assert File(".wav", rate=44100, columns=(1,)).read(path).shape == (100,)
    path.write_bytes(b"RIFF")
    with pytest.raises(UserError, match="not a sound wav file"):
        File(".wav").read(path)
    array = tmp_path / "a.npy"
    np.save(array, np.array([{}], object))
    with pytest.raises(UserError, match="expected a whole NumPy array of numbers"):
        File(".npy").read(array)
    np.save(array, np.zeros((4, 3, 2)))
    assert File(".npy", rate=25, frame=(3, 2)).read(array).shape == (4, 3, 2)
    np.save(array, np.zeros((0, 3)))
    with pytest.raises(UserError, match="found none"):
        File(".npy", channels=3).read(array)


def test_a_word_that_is_no_class_is_named(folder):
    write(folder, "ann/day1/maybe_1")
    found = {r.id: r for r in corpus().recordings(folder)}
    with pytest.raises(UserError, match="ann-day1-maybe-1: expected one of no, yes, found 'maybe'"):
        found["ann-day1-maybe-1"]["word"]
    with pytest.raises(UserError, match="two classes or more"):
        Label("yes")


def made_of(speakers=3, sessions=2, texts=3, takes=4):
    return [
        Recording(f"s{s}-d{d}-w{w}-{t}", f"s{s}", f"s{s}-d{d}", f"w{w}", None)
        for s in range(speakers)
        for d in range(sessions)
        for w in range(texts)
        for t in range(takes)
    ]


RULES = {
    "speakers": (leave_one_out("speaker"), 3, 72),
    "part": (leave_one_out("speaker", valid=0.2), 3, 72),
    "sessions": (leave_one_out("session"), 6, 72),
    "texts": (k_folds("text", folds=3), 3, 72),
    "takes": (repetitions(folds=4), 4, 72),
    "ends": (contiguous(valid=0.25, test=0.25, each=("session", "text")), 1, 18),
    "lists": (listed("mine", {"a": {"test": ["s1-*"], "valid": ["s2-d0-*"]}}), 1, 24),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_keeps_apart_what_it_promises_and_uses_every_recording_once(name):
    rule, count, tested = RULES[name]
    recordings = made_of()
    known = {r.id: r for r in recordings}
    folds = rule.folds(recordings)
    assert folds == rule.folds(list(recordings))
    assert len(folds) == count
    assert sorted(i for f in folds.values() for i in f.test) == sorted(
        {i for f in folds.values() for i in f.test}
    )
    assert sum(len(fold.test) for fold in folds.values()) == tested
    for fold in folds.values():
        assert fold.valid
        assert {*fold.train, *fold.valid, *fold.test} == known.keys()
        for group in rule.disjoint:
            seen = {getattr(known[i], group) for i in (*fold.train, *fold.valid)}
            assert not seen & {getattr(known[i], group) for i in fold.test}
        if name != "texts":
            assert {known[i].text for i in fold.train} == {"w0", "w1", "w2"}
    assert rule.about


def test_guards_are_left_out_and_ends_are_last():
    fold = contiguous(valid=0.25, test=0.25, guard=1).folds(made_of(1, 1, 1, 12))["all"]
    ends = [int(ids[0].rpartition("-")[2]) for ids in (fold.train, fold.valid, fold.test)]
    assert ends == [0, 6, 9]
    assert (len(fold.train), len(fold.valid), len(fold.test)) == (5, 2, 3)


@pytest.mark.parametrize(
    ("rule", "recordings", "said"),
    [
        (leave_one_out("speaker"), made_of(2), "needs 3 of them, found 2; .* valid=0.2"),
        (k_folds("text", folds=5), made_of(), "found 3"),
        (leave_one_out("text"), [Recording("a", "s", "d", "", None)], "a has no text"),
        (listed("x", {"a": {"test": ["s7-*"]}}), made_of(), "no recording has an id like 's7-"),
        (listed("x", {"a": {"tset": ["s1-*"]}}), made_of(), "expected train, valid and test"),
        (listed("x", {"a": {"test": "s1"}}), made_of(), "expected a list of ids"),
    ],
)
def test_a_rule_that_cannot_be_followed_says_so(rule, recordings, said):
    with pytest.raises(UserError, match=said):
        rule.folds(recordings)
