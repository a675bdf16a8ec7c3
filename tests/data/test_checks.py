"""Every fault of a reader becomes one sentence with the recording named, and reaches no model."""

from dataclasses import replace

import numpy as np
import pytest

import toy
from benchmark.core import Checks, MachineFault, Recording, Signal, UserError
from benchmark.data import checks
from benchmark.data.checks import arrays, lengths, levels

RNG = np.random.default_rng(0)
EMG = Signal("µV", "float32", 1000.0, (3,), ("cheek", "chin", "lip"))
SOUND = Signal("full scale", "float32", 16000.0)
WORD = Signal("class", "int64", labels=("no", "yes"))
PHONES = Signal("phone", "uint8", 50.0, labels=("sil", "a", "b"))
TEXT = Signal("code point", "uint32", free=True)
PICTURES = Signal("grey level", "uint8", 60.0, (4, 4))
SPARC = Signal("SPARC unit", "float32", 50.0, (2,), units=("SPARC unit", "Hz"))


def emg(**changes):
    array = (20 * RNG.normal(size=(400, 3))).astype(np.float32)
    for name, value in changes.items():
        array[:, EMG.channels.index(name)] *= np.float32(value)
    return array


def spoilt(value):
    array = emg()
    array[123, 1] = value
    return array


def clipped():
    return np.sign(RNG.normal(size=1600)).astype(np.float32) * np.float32(0.3)


GOOD = (
    (EMG, emg()),
    (EMG, emg() + np.float32(3e4)),  # the offset of an electrode
    (replace(EMG, frame=(None,)), emg()[:, :2]),
    (EMG, np.ones((5, 3), np.float32)),  # too short to tell that nothing changes
    (SOUND, (0.05 * RNG.normal(size=1600)).astype(np.float32)),
    (WORD, np.array(1)),
    (PHONES, np.zeros(40, np.uint8)),
    (TEXT, np.array([0x48, 0x1F600], np.uint32)),
    (PICTURES, np.pad(RNG.integers(0, 255, (30, 4, 2), np.uint8), ((0, 0), (0, 0), (0, 2)))),
    (SPARC, np.stack([RNG.normal(size=99), np.zeros(99)], axis=1).astype(np.float32)),
    (Signal("unknown", "float32", 10.0), (1e9 * RNG.normal(size=99)).astype(np.float32)),
)
BAD = (
    ("not an array", EMG, None, "nothing (None)"),
    ("not an array", EMG, [[1.0, 2.0, 3.0]], "list"),
    ("type", EMG, emg().astype(np.float64), "expected float32, found float64"),
    ("type", EMG, emg().astype(">f4"), "expected float32, found >f4"),
    ("type", WORD, np.array(1.0), "expected int64, found float64"),
    ("shape", EMG, emg()[:, :2], "expected shape (time, 3), found shape (400, 2)"),
    ("shape", EMG, emg()[:, 0], "found shape (400,)"),
    ("shape", WORD, np.array([1]), "expected a single value, shape (), found shape (1,)"),
    ("empty", EMG, emg()[:0], "expected at least one value"),
    ("empty", TEXT, np.zeros(0, np.uint32), "expected at least one value"),
    ("not finite", EMG, spoilt(np.nan), "the first nan at 0.123 s, channel 1 (chin)"),
    ("not finite", EMG, spoilt(np.inf), "1 of 1,200 that are not, the first inf at 0.123 s"),
    ("label out of range", WORD, np.array(2), "labels 0 to 1, as 2 are declared, found 2"),
    ("label out of range", WORD, np.array(-1), "found -1"),
    ("label out of range", PHONES, np.array([0, 3, 1], np.uint8), "found 3"),
    ("not a letter", TEXT, np.array([0x48, 0], np.uint32), "found 0"),
    ("not a letter", TEXT, np.array([0x110000], np.uint32), "found 1114112"),
    ("not a letter", TEXT, np.array([0x48, 0xD800], np.uint32), "found 55296"),
    ("flat", EMG, emg(chin=0), "0 all the time in 1 of 3 channels, the first is 1 (chin)"),
    ("flat", SOUND, np.zeros(1600, np.float32), "0 all the time"),
    ("flat", PICTURES, np.full((30, 4, 4), 7, np.uint8), "7 all the time in 16 of 16 channels"),
    ("level", EMG, emg() * np.float32(1e-6), "expected a root mean square of 0.01 to 1e+06 µV"),
    ("level", EMG, emg() * np.float32(1e6), "check the unit and the gain"),
    ("level", SOUND, (2 * RNG.normal(size=1600)).astype(np.float32), "0.71 full scale"),
    ("level", SPARC, np.full((99, 2), 1e6, np.float32) * RNG.normal(size=(99, 1)).astype("f4"), ""),
    ("channel of another level", EMG, emg(lip=1e-6), "channel 2 (lip)"),
    ("clipped", SOUND, clipped(), "100% near 0.3"),
)


def found(signal, array, **declared):
    return list(arrays.problems("x", signal, array, Checks(**declared)))


@pytest.mark.parametrize(("signal", "array"), GOOD)
def test_what_is_as_declared_passes(signal, array):
    assert found(signal, array) == []


@pytest.mark.parametrize(("kind", "signal", "array", "said"), BAD)
def test_what_is_not_as_declared_is_named(kind, signal, array, said):
    (problem,) = found(signal, array)
    assert problem.kind == kind
    sentence = problem.of("s1-01", "x")
    assert sentence.startswith("s1-01, x: expected ")
    assert said in sentence


def test_a_corpus_declares_what_its_files_are_known_for():
    assert found(EMG, emg(chin=0), flat=("x",)) == []
    assert found(EMG, emg() * np.float32(1e-6), levels={"x": (1e-6, 1e-3)}) == []
    assert [p.kind for p in found(EMG, emg(), levels={"x": (1e-6, 1e-3)})] == ["level"]


def test_values_of_all_blocks_are_looked_at(monkeypatch):
    monkeypatch.setattr(arrays, "BLOCK", 30)  # ten time steps
    assert found(EMG, emg()) == []
    assert found(EMG, spoilt(np.nan))[0].kind == "not finite"
    rising = np.repeat(np.arange(40, dtype=np.float32), 10)[:, None] * np.ones(3, np.float32)
    assert found(EMG, rising) == []
    assert found(EMG, rising * np.float32(1e6))[0].found == "2.27e+07 µV"


def test_limits_hold_what_is_known_of_units():
    assert all(low < high for low, high in levels.BY_UNIT.values())


def long(span=None, **counts):
    signals = {"emg": EMG, "audio": SOUND, "text": TEXT, "word": WORD}
    recording = Recording("r", "s", "1", "", lambda _: np.zeros(0), span)
    declared = Checks(slack=0.01, slacks={"audio": 0.5})
    return [
        (name, problem.of("r", name))
        for name, problem in lengths.problems(recording, signals, counts, declared)
    ]


def test_streams_last_equally_long_and_as_the_span_says():
    assert long(emg=1000, audio=16000, text=5) == []
    assert long(emg=1000, audio=16000 * 3 // 2) == []
    ((name, said),) = long(emg=1000, audio=48000)
    assert name == "audio"
    assert "expected 1.000 s, as emg lasts, give or take 0.501 s, found 3.000 s" in said
    assert long(emg=1000, span=(5.0, 6.005)) == []
    ((name, said),) = long(emg=1000, span=(5.0, 7.0))
    assert "expected 2.000 s, as its span says" in said


def named(*recordings):
    listing = toy.corpus(recordings=lambda _folder: list(recordings))
    return checks.listed(listing, None)


def one(id="a", speaker="s1", session="1", text="", span=None):
    return Recording(id, speaker, session, text, lambda _: np.zeros(0), span)


@pytest.mark.parametrize(
    ("recordings", "said"),
    [
        ([one(), one("b"), one("a")], "a: expected an id of its own, found it twice"),
        ([one("Word"), one("word")], "word: expected an id of its own, found Word besides"),
        ([one("\u00e9"), one("e\u0301")], "found \u00e9 besides"),
        ([one("s1/a")], "expected an id without .*, found '/'"),
        ([one("a*")], r"found '\*'"),
        ([one("a\nb")], r"found '\\n'"),
        ([one("..")], r"found '\.\.'"),
        ([one("con.1")], "the name of a file on any system"),
        ([one("x" * 201)], "at most 200 bytes, found 201"),
        ([one("")], "recording 0: expected an id that is a text, found ''"),
        ([one(7)], "expected an id that is a text, found 7"),
        ([one(speaker="")], "a: expected a speaker, found ''"),
        ([one(session=None)], "a: expected a session, found None"),
        ([one(text=None)], r"a: expected a text \(str\), found NoneType"),
        ([one(span=(2.0, 1.0))], "a span of finite seconds that ends after it begins"),
        ([one(span=(0.0, np.nan))], "a span of finite seconds"),
        ([one(span=3)], r"\(begin, end\) in seconds"),
        ([one(), "b"], "a list of Recording, found str in it"),
        ([], "expected recordings, found none"),
    ],
)
def test_ids_speakers_and_sessions_are_looked_at(recordings, said):
    with pytest.raises(UserError, match=said):
        named(*recordings)


def test_ids_may_have_blanks_and_letters_of_any_language():
    recordings = [one("Süß 1"), one("слово"), one("a+pink-m11")]
    assert named(*recordings) == recordings


def raising(error):
    def read(_):
        raise error

    return read


def test_whatever_a_reader_raises_is_one_sentence():
    for error in (ValueError("no 1"), KeyError("x"), SystemExit(3), ZeroDivisionError()):
        with pytest.raises(UserError, match="toy: its recordings cannot be listed: "):
            checks.listed(toy.corpus(recordings=raising(error)), None)
        recording = Recording("a", "s", "1", "", raising(error))
        with pytest.raises(UserError, match="a, x: expected an array, found "):
            checks.read(toy.corpus(), recording, "x")
    for error in (MachineFault("no memory"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            checks.read(toy.corpus(), Recording("a", "s", "1", "", raising(error)), "x")
    bad = Recording("s1-7", "s", "1", "", raising(UserError("a.csv:7: no number")))
    with pytest.raises(UserError, match=r"^s1-7, x: a\.csv:7: no number$"):
        checks.read(toy.corpus(), bad, "x")


def changed(**signals):
    """The toy corpus, with other arrays in its third recording."""

    def recordings(folder):
        listed = toy.recordings(folder)
        third = listed[2]
        listed[2] = replace(third, read=lambda s: signals[s] if s in signals else third[s])
        return listed

    return toy.corpus(recordings=recordings)


def test_a_corpus_is_looked_at_whole(tmp_path):
    report = checks.check_corpus(toy.corpus(), tmp_path, print)
    assert (report.recordings, report.arrays, report.problems) == (24, 96, 0)
    assert report.seconds == 24 * toy.FRAMES / 10
    assert "24 recordings with 96 signals (120 s)" in report.line()


def test_problems_of_a_corpus_are_named_and_counted(tmp_path):
    x = toy.recording(0, 0)["x"]
    report = checks.check_corpus(changed(x=x, word=np.array(5)), tmp_path, print)
    assert report.tally.counts == {"copy": 1, "label out of range": 1}
    assert report.tally.lines() == [
        "s0-2, x: expected values of its own, found those of s0-0; remove one of them, or "
        "declare `shared` in Checks if it must be so",
        "s0-2, word: expected labels 0 to 1, as 2 are declared, found 5; fix the reader, or "
        "declare what it gives",
    ]
    longer = checks.check_corpus(changed(y=np.ones((99, 1), np.float32)), tmp_path, print)
    assert longer.tally.counts == {"flat": 1, "length": 1} or "length" in longer.tally.counts
    every = replace(toy.corpus(), signals={**toy.SIGNALS, "z": toy.SIGNALS["x"]})
    missing = checks.check_corpus(every, tmp_path, print)
    assert missing.problems == 24
    assert missing.tally.lines()[-1] == "and 19 more: cannot be read"


def test_a_signal_that_a_recording_need_not_have_may_be_missing(tmp_path):
    every = replace(
        toy.corpus(),
        signals={**toy.SIGNALS, "z": toy.SIGNALS["x"]},
        checks=Checks(signals=lambda _: ("x", "y", "word", "text")),
    )
    assert checks.check_corpus(every, tmp_path, print).problems == 0
    broken = replace(every, checks=Checks(signals=raising(LookupError("who?"))))
    assert checks.check_corpus(broken, tmp_path, print).problems == 24


def test_of_recordings_that_are_made_from_others_some_are_looked_at(tmp_path):
    def recordings(folder):
        listed = toy.recordings(folder)
        mixed = [replace(listed[0], id=f"{listed[0].id}+{n}") for n in range(500)]
        return listed + mixed

    report = checks.check_corpus(toy.corpus(recordings=recordings), tmp_path, print)
    assert (report.recordings, report.problems) == (24 + 50, 0)
