"""SSC2010: pictures and transcripts as they lie, windows, what leaks and what does not."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import Asked, Recording, Split, UserError
from benchmark.corpora import ssc2010
from benchmark.corpora.embedded import borrowed
from benchmark.corpora.io.pictures import bmp
from benchmark.corpora.simulated.sensors import lips, ultrasound
from benchmark.corpora.ssc2010 import files as layout
from benchmark.corpora.ssc2010 import fixture as miniature
from benchmark.data import fingerprints, leakage, splits
from benchmark.metrics.image import msd, ssim
from parts import needs

needs("cv2")

SPLITS = Path(__file__).parents[2] / "tasks" / "splits"
FRAMES = 12
MADE = {"train": (1, 2, 7), "test": (1,)}


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "ssc2010"
    miniature.write(folder)
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small corpus whose pictures are flat: 10 times their number, 1 more for the lips."""
    folder = tmp_path / "ssc2010"
    for part, numbers in MADE.items():
        for number in numbers:
            for more, view in enumerate(("tongue", "lips")):
                at = folder / view / part / f"{number:04}"
                at.mkdir(parents=True)
                for place in range(1, FRAMES + 1):
                    picture = np.full((96, 97), 10 * place + more, np.uint8)
                    (at / f"image ({place}).bmp").write_bytes(miniature.bmp(picture))
    for part in layout.PARTS:
        path = folder / part.transcripts
        path.parent.mkdir()
        path.write_text("".join(f"{n}. {part.name} {n}. (..)\n" for n in MADE[part.name]))
    (folder / "FIXTURE").write_text("made up\n")
    return folder


def by_id(folder: Path) -> dict[str, Recording]:
    found = ssc2010.recordings(folder)
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


def picture_of(folder: Path, view: str, sentence: str, number: int) -> Path:
    return layout.place(folder, view, sentence) / f"image ({number}).bmp"


def test_it_is_found_by_its_layout(tree: Path, tmp_path: Path) -> None:
    assert ssc2010.locate(tmp_path) == tree == ssc2010.locate(tree)
    assert ssc2010.locate(tmp_path / "elsewhere") is None
    shutil.rmtree(tree / "lips" / "train")
    assert ssc2010.locate(tmp_path) is None


def test_recordings_are_sentences_and_windows_of_seven_frames(tree: Path) -> None:
    found = ssc2010.recordings(tree)
    plain = [one.id for one in found if not one.id.startswith("win-")]
    assert plain == ["test-0001", "train-0001", "train-0002", "train-0007"]
    windows = [one for one in found if one.id.startswith("win-train-0002")]
    assert [one.id[:-2] for one in windows] == ["win-train-0002-0001", "win-train-0002-0005"]
    assert [one.span for one in windows] == [(0.0, 7 / 60), (4 / 60, 11 / 60)]
    whole = by_id(tree)["train-0002"]
    assert (whole.text, whole.speaker, whole.session) == ("train 2.", "s1", "train-0002")
    assert whole.span == (0.0, FRAMES / 60)
    assert {one.session for one in windows} == {"train-0002"}
    assert all(re.fullmatch(r"[a-z0-9-]+", one.id) for one in found)
    assert [one.session for one in found] == sorted(one.session for one in found)


@pytest.mark.parametrize(("frames", "begins"), [(6, []), (7, [1]), (10, [1]), (11, [1, 5])])
def test_the_last_window_ends_with_the_sentence(frames: int, begins: list[int]) -> None:
    (sentence, first, length), *windows = ssc2010._stretches("train-0001", frames)
    assert (sentence, first, length) == ("train-0001", 1, 0)
    assert [first for _, first, _ in windows] == begins
    assert {length for _, _, length in windows} <= {7}


@pytest.mark.parametrize(("signal", "more"), [("ultrasound", 0), ("lips", 1)])
def test_pictures_come_in_the_order_of_their_numbers(tree: Path, signal: str, more: int) -> None:
    """As texts, 10 to 12 would stand between 1 and 2."""
    whole = by_id(tree)["train-0002"][signal]
    assert (whole.shape, whole.dtype) == ((FRAMES, 96, 96), np.uint8)
    np.testing.assert_array_equal(whole[:, 3, 5], np.arange(1, FRAMES + 1) * 10 + more)
    windows = [one for id, one in by_id(tree).items() if id.startswith("win-train-0002")]
    np.testing.assert_array_equal(windows[0][signal], whole[:7])
    np.testing.assert_array_equal(windows[1][signal], whole[4:11])


def test_a_sentence_has_a_text_and_a_window_has_none(tree: Path) -> None:
    recordings = by_id(tree)
    text = recordings["test-0001"]["text"]
    assert text.dtype == np.uint32
    assert "".join(map(chr, text)) == "test 1."
    (window, *_) = (one for id, one in recordings.items() if id.startswith("win-test"))
    with pytest.raises(UserError, match="one of the signals ultrasound, lips, got text"):
        window["text"]
    with pytest.raises(UserError, match="one of the signals lips, ultrasound, text, got emg"):
        recordings["test-0001"]["emg"]


def test_the_last_letter_of_a_window_is_drawn_from_its_name() -> None:
    ids = [ssc2010.window_id(f"train-{n:04}", k) for n in range(1, 101) for k in range(1, 400, 4)]
    classes = Counter(id[-1] for id in ids)
    assert sorted(classes) == list("abcdefghij")
    assert all(900 < count < 1100 for count in classes.values())  # of 10,000 in 10 classes
    value = int(hashlib.sha256(b"win-train-0001-0005").hexdigest(), 16) % 10
    assert ids[1] == "win-train-0001-0005-" + "abcdefghij"[value]


def break_(tree: Path, how: str) -> str:
    """Damage train-0002 in one way; what is said of it."""
    lips, tongue = (layout.place(tree, view, "train-0002") for view in ("lips", "tongue"))
    if how == "gap":
        (tongue / "image (5).bmp").unlink()
        return r"train/0002: expected image \(5\)\.bmp before image \(6\)\.bmp, found none; get"
    if how == "no first":
        (lips / "image (1).bmp").unlink()
        return r"lips/train/0002: expected image \(1\)\.bmp before image \(2\)\.bmp"
    if how == "unequal":
        (lips / "image (12).bmp").unlink()
        return "train-0002 in .*: expected as many pictures of lips as of the tongue, got 11 and 12"
    if how == "no lips":
        shutil.rmtree(lips)
        return "lips/train/0002: expected a folder of pictures, got No such file"
    for path in tongue.iterdir():
        path.unlink()
    return r"tongue/train/0002: expected image \(1\)\.bmp, found no picture"


@pytest.mark.parametrize("how", ["gap", "no first", "unequal", "no lips", "empty"])
@pytest.mark.parametrize("signal", ["lips", "ultrasound"])
def test_a_broken_sequence_is_refused_by_name(tree: Path, how: str, signal: str) -> None:
    assert ssc2010.verify(tree) == []
    says = break_(tree, how)
    recordings = by_id(tree)
    for id in [id for id in recordings if "train-0002" in id]:  # windows beside the gap, too
        with pytest.raises(UserError, match=says):
            recordings[id][signal]
    assert recordings["train-0001"][signal].shape == (FRAMES, 96, 96)
    (told,) = ssc2010.verify(tree)
    assert re.search(says, told)


def test_a_sentence_without_a_tongue_is_reported(tree: Path) -> None:
    shutil.rmtree(layout.place(tree, "tongue", "train-0002"))
    (told,) = ssc2010.verify(tree)
    assert "tongue/train/0002: expected a folder of pictures" in told


def test_a_picture_of_other_sides_is_named(tree: Path) -> None:
    path = picture_of(tree, "lips", "train-0002", 10)
    path.write_bytes(miniature.bmp(np.zeros((96, 98), np.uint8)))
    with pytest.raises(UserError, match=r"image \(10\)\.bmp: expected 97 x 96 pixels .* 98 x 96"):
        by_id(tree)["train-0002"]["lips"]


def test_a_picture_that_is_too_small_is_named(tree: Path) -> None:
    for path in layout.place(tree, "lips", "train-0002").iterdir():
        path.write_bytes(miniature.bmp(np.zeros((95, 200), np.uint8)))
    with pytest.raises(UserError, match=r"image \(1\)\.bmp: expected at least 96 x 96 .* 200 x 95"):
        by_id(tree)["train-0002"]["lips"]


def test_other_files_are_passed_over(tree: Path) -> None:
    at = layout.place(tree, "lips", "train-0002")
    for name in ("Thumbs.db", "image (013).bmp", "image (0).bmp", "image (13).bmp.bak", "x.bmp"):
        (at / name).write_bytes(b"x")
    assert by_id(tree)["train-0002"]["lips"].shape[0] == FRAMES
    assert ssc2010.verify(tree) == []


def test_verify_tells_of_a_header_and_of_a_folder_with_another_name(tree: Path) -> None:
    picture_of(tree, "tongue", "test-0001", 1).write_bytes(b"GIF89a")
    (tree / "lips" / "train" / "12").mkdir()
    header, named = ssc2010.verify(tree)
    assert re.search(r"test/0001/image \(1\)\.bmp: expected a BMP, got b'GIF89a'", header)
    assert "lips/train/12: expected the number of a sentence in 4 digits" in named


def test_verify_counts_unless_it_is_a_miniature(tree: Path) -> None:
    (tree / "FIXTURE").unlink()
    (tree / "tongue" / "test" / "0101").mkdir()
    test, strange, text, empty, test_frames, train, train_frames, *more = ssc2010.verify(tree)
    assert "for sentence 101, found none" in text
    assert "tongue/test/0101: expected image (1).bmp, found no picture" in empty
    assert "sentences 0001 to 0100 of test, but 0002, 0003, 0004, 0005, 0006 and 94 more" in test
    assert "but 0101 is not of this corpus" in strange
    assert "expected 35,339 frames of test, found 12 in whole sentences" in test_frames
    assert "but 0003, 0004, 0005, 0006, 0008 and 2334 more has no folder" in train
    assert "expected 773,069 frames of train, found 36 in" in train_frames
    assert not more


ODD = """\
Sentences, read silently
\t
1. Plain one. (..)
  2 .  Two   spaces\tand a tab.
3.No space (aside) here. (sx12)
4. No bracket
17. A number beyond 9.  (a b)
1. Plain one. (again)
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_transcripts_with_odd_lines(tmp_path: Path, encoding: str, ending: str) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes((ODD + "18. Café.").replace("\n", ending).encode(encoding))
    assert layout.transcripts(path) == {
        1: "Plain one.",
        2: "Two spaces and a tab.",
        3: "No space (aside) here.",
        4: "No bracket",
        17: "A number beyond 9.",
        18: "Café.",
    }


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"1. One.\nand on it goes\n", r"t\.txt, line 2: expected `12\. text\. .*'and on it goes'"),
        (b"1. One.\n2.\n", r"t\.txt, line 2: expected"),
        (b"1. One.\n\n1. Two.\n", r"line 3: expected one text of sentence 1, got a second"),
        (b"1. One \x81.\n", r"expected UTF-8 or Windows-1252, got byte 0x81"),
        (None, r"t\.txt: cannot be read \(No such file"),
    ],
)
def test_bad_transcripts_are_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "t.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=says):
        layout.transcripts(path)


def test_a_sentence_without_text_stops_the_listing(tree: Path) -> None:
    path = tree / layout.PARTS[1].transcripts
    path.write_text(path.read_text().replace("7. train 7. (..)\n", ""))
    says = r"TIMIT_Transcripts\.txt: expected a line `7\. \.\.\.` for sentence 7, found none"
    with pytest.raises(UserError, match=says):
        ssc2010.recordings(tree)
    (told,) = ssc2010.verify(tree)
    assert re.search(says, told)
    path.unlink()
    (told,) = ssc2010.verify(tree)
    assert "TIMIT_Transcripts.txt: cannot be read" in told


def test_a_missing_part_is_reported(tree: Path) -> None:
    shutil.rmtree(tree / "lips" / "test")
    (told,) = ssc2010.verify(tree)
    assert "lips/test: expected folders of sentences, got No such file" in told


def test_files_are_the_pictures_and_the_transcripts(mini: Path) -> None:
    listed = list(ssc2010.CORPUS.files(mini))
    every = {path for path in mini.rglob("*") if path.is_file()}
    assert listed == sorted(listed)
    assert {path.name for path in every - set(listed)} == {"FIXTURE", "Thumbs.db"}
    assert set(listed) <= every


# Pictures


def test_coloured_pictures_become_grey(tmp_path: Path) -> None:
    """By the weights of ITU-R BT.601, to one level; rows from the bottom or from the top."""
    colours = np.random.default_rng(0).integers(0, 256, (31, 45, 3), dtype=np.uint8)
    import cv2

    path = tmp_path / "a.bmp"
    assert cv2.imwrite(str(path), colours)
    expected = colours @ [0.114, 0.587, 0.299]
    assert np.abs(bmp.read(path) - expected).max() <= 1
    for falling in (False, True):
        path.write_bytes(miniature.bmp(colours[..., 0], falling=falling))
        np.testing.assert_array_equal(bmp.read(path), colours[..., 0])


def test_pictures_shrink_by_areas(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (240, 320), dtype=np.uint8)
    fine = np.kron(picture, np.ones((2, 3)))  # 480 x 960: whole pixels of 96 x 96
    (tmp_path / "image (1).bmp").write_bytes(miniature.bmp(picture))
    (small,) = bmp.sequence(tmp_path, 1, 1, 96)
    exact = fine.reshape(96, 5, 96, 10).mean(axis=(1, 3))
    assert np.abs(small - exact).max() <= 0.5 + 1e-6


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda raw: raw[:0], "expected a BMP, got b''"),
        (lambda raw: b"GIF89a" + raw, "expected a BMP, got b'GIF89a"),
        (lambda raw: raw[:-1], r"expected \d+ bytes, got \d+; get the file again"),
        (  # cut off and its length written anew
            lambda raw: raw[:2] + (len(raw) - 99).to_bytes(4, "little") + raw[6:-99],
            r"expected \d+ bytes, got \d+; get the file again",
        ),
        (lambda raw: raw[:18] + bytes(4) + raw[22:], "cannot decode"),  # no width
    ],
)
def test_what_is_no_whole_picture_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], says: str
) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(change(miniature.bmp(np.arange(100, dtype=np.uint8).reshape(5, 20))))
    with pytest.raises(UserError, match=rf"a\.bmp: .*({says})"):
        bmp.read(path)


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.bmp: cannot be read \(No such file"):
        bmp.read(tmp_path / "a.bmp")


# The miniature


def test_the_miniature_is_sound_small_and_the_same_every_time(mini: Path, tmp_path: Path) -> None:
    assert ssc2010.verify(mini) == []
    miniature.write(tmp_path / "again")
    total = 0
    for path in (path for path in mini.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert (tmp_path / "again" / path.relative_to(mini)).read_bytes() == content
        total += len(content)
    assert 5e6 < total < 15e6


def test_the_miniature_has_the_texts_of_what_it_is_made_from(mini: Path) -> None:
    texts = {id: one.text for id, one in by_id(mini).items() if not id.startswith("win")}
    assert len(texts) == 13
    for (part, number), source in miniature.sources().items():
        plain = re.sub(r"[^a-z ]| \(twice\)", "", texts[f"{part}-{number:04}"].lower())
        assert plain == borrowed.text(source).lower()


@pytest.mark.parametrize(
    "sentence", ["train-0001", miniature.COLOURED, miniature.FALLING, "train-1234"]
)
def test_the_miniature_shows_what_it_is_made_from(mini: Path, sentence: str) -> None:
    part, number = sentence.split("-")
    source = borrowed.source(miniature.sources()[part, int(number)])
    for signal, draw in (("lips", lips.lips), ("ultrasound", ultrasound.ultrasound)):
        got = by_id(mini)[sentence][signal].astype(float)
        original = draw(source)
        assert len(got) == miniature.frames(int(number))
        error = np.abs(original[: len(got)] - got).mean()
        later = np.abs(original[4 : 4 + len(got)] - got).mean()
        assert error < 4  # grey levels, of making it larger and smaller again
        assert error < later


def test_signals_are_as_they_are_declared(mini: Path) -> None:
    for recording in [by_id(mini)["test-0003"], ssc2010.recordings(mini)[1]]:
        for name in ("lips", "ultrasound"):
            signal, values = ssc2010.SIGNALS[name], recording[name]
            assert (signal.rate, signal.unit, signal.span) == (60.0, "grey level", 255.0)
            assert (str(values.dtype), values.shape[1:]) == (signal.dtype, signal.frame)
    assert ssc2010.SIGNALS["lips"].fan is None


def test_metrics_of_tongues_have_values(mini: Path) -> None:
    signal = ssc2010.SIGNALS["ultrasound"]
    assert signal.fan == ssc2010.ASSUMED.fan
    assert signal.sector == ssc2010.ASSUMED.sector
    assert any("ASSUMED" in trap for trap in ssc2010.CORPUS.known_issues)
    one, other = (by_id(mini)[id]["ultrasound"][:22] for id in ("test-0001", "test-0002"))
    near, far = (msd.MSD.measure(guess, one, signal) for guess in (one, other))
    assert near[0] == 0 < far[0]
    assert near[2] == 22  # every frame has a contour
    assert ssim.SSIM_FAN.measure(other, one, signal)[0] < 0.95


# Splits


def resolved(name: str, folder: Path) -> tuple[Split, dict[str, Recording]]:
    recordings = by_id(folder)
    split = splits.load(SPLITS / f"ssc2010.{name}.json")
    chosen, notes = splits.resolve(split, list(recordings.values()))
    assert not notes
    splits.check(chosen, recordings)
    return chosen, recordings


def test_sentences_keep_test_texts_apart(mini: Path) -> None:
    split, recordings = resolved("sentences", mini)
    fold = split.folds["all"]
    assert fold.test == ("test-0001", "test-0002", "test-0003")
    assert fold.valid == ("train-0007", "train-0027")
    assert len(fold.train) == 8
    every = {*fold.train, *fold.valid, *fold.test}
    assert every == {id for id in recordings if not id.startswith("win-")}
    assert "text" in split.disjoint


def test_one_sentence_in_twenty_is_for_validation() -> None:
    made = [
        Recording(f"{part.name}-{n:04}", "s1", "", f"{part.name} {n}", lambda _: np.zeros(1))
        for part in layout.PARTS
        for n in range(1, part.sentences + 1)
    ]
    fold = splits.resolve(splits.load(SPLITS / "ssc2010.sentences.json"), made)[0].folds["all"]
    assert (len(fold.train), len(fold.valid), len(fold.test)) == (2225, 117, 100)


def test_the_leaky_split_puts_every_window_somewhere(mini: Path) -> None:
    split, recordings = resolved("legacy_leaky", mini)
    fold = split.folds["all"]
    windows = {id for id in recordings if id.startswith("win-")}
    assert {*fold.train, *fold.valid, *fold.test} == windows
    assert split.disjoint == ()
    assert re.search("LEAK", split.about)
    ids = [ssc2010.window_id(f"train-{n:04}", k) for n in range(1, 101) for k in range(1, 400, 4)]
    made = [Recording(id, "s1", "", "", lambda _: np.zeros(1)) for id in ids]
    fold = splits.resolve(splits.load(SPLITS / "ssc2010.legacy_leaky.json"), made)[0].folds["all"]
    sizes = [len(role) / len(ids) for role in (fold.train, fold.valid, fold.test)]
    np.testing.assert_allclose(sizes, [0.6, 0.2, 0.2], atol=0.02)


def test_windows_of_the_leaky_split_share_frames(mini: Path) -> None:
    split, recordings = resolved("legacy_leaky", mini)
    fold = split.folds["all"]
    shared = 0
    for id in fold.test:
        one = recordings[id]
        for other in (recordings[i] for i in fold.train):
            apart = abs(one.span[0] - other.span[0]) * 60
            if one.session == other.session and round(apart) == 4:
                first, second = sorted((one, other), key=lambda r: r.span)
                np.testing.assert_array_equal(first["lips"][4:], second["lips"][:3])
                shared += 1
    assert shared >= 5


def kinds(name: str, folder: Path) -> set[str]:
    """What the audit calls a leak."""
    split, recordings = resolved(name, folder)
    fold = split.folds["all"]
    asked = Asked("lip_to_ultrasound", ("lips",), "ultrasound", ssc2010.SIGNALS)
    seen, test = ([recordings[i] for i in ids] for ids in (fold.train + fold.valid, fold.test))
    return {f.kind for f in leakage.compare(split, "all", asked, seen, test) if f.leak}


def test_the_audit_finds_that_windows_overlap_in_time(mini: Path) -> None:
    assert "gap" in kinds("legacy_leaky", mini)
    assert kinds("sentences", mini) == set()


def test_the_audit_finds_frames_that_windows_share(
    mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In stretches as short as what two windows have in common."""
    monkeypatch.setattr(leakage, "WINDOW", ssc2010.WINDOW - ssc2010.HOP)
    monkeypatch.setattr(fingerprints, "KEPT_OF", 1)
    assert "overlap" in kinds("legacy_leaky", mini)
    assert kinds("sentences", mini) == set()


# The corpus


def test_the_digest_is_that_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ssc2010.CORPUS.digest()
    assert re.fullmatch("[0-9a-f]{64}", before)
    monkeypatch.setitem(ssc2010.READER, "size", 64)
    assert ssc2010.CORPUS.digest() != before


def test_what_is_known_from_an_id() -> None:
    assert ssc2010.facets("test-0003") == {"material": "WSJ0 5k"}
    assert ssc2010.facets("win-train-0012-0033-c") == {"material": "TIMIT"}


def test_it_says_that_it_is_experimental() -> None:
    corpus = ssc2010.CORPUS
    assert corpus.licence == "not stated by its authors"
    for text in (corpus.title, corpus.known_issues[0], ssc2010.__doc__ or ""):
        assert "experimental" in text.lower()
    assert "silentbench data prepare ssc2010 --from PATH --accept-licence" in corpus.advice
    assert json.dumps(corpus.known_issues)


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, benchmark.corpora.ssc2010; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"cv2", "scipy", "torch", "pandas"} & set(done.stdout.split())
