"""TaL: its miniature, its clock, what is refused, and real pictures through the same code."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmark.core import Array, Recording, UserError
from benchmark.corpora import tal
from benchmark.corpora.io.pictures.fan import upright
from benchmark.corpora.io.pictures.video import centre_square, describe, grey
from benchmark.corpora.simulated.sensors.lips import lips as drawn_lips
from benchmark.corpora.simulated.sensors.ultrasound import ultrasound as drawn_tongue
from benchmark.corpora.tal import fixture as miniature
from benchmark.corpora.tal.files import Utterance, utterances
from benchmark.data import splits
from parts import needs, real_data

needs("cv2")
ROOT = Path(__file__).resolve().parents[2]
IDS = [
    *("01fi-003-xaud", "01fi-004-aud", "01fi-005-aud", "02fe-001-aud", "02fe-002-sil"),
    *("03mn-001-aud", "03mn-002-spo", "04me-001-xaud", "04me-002-aud", "04me-003-aud"),
    *("05ms-002-xaud", "05ms-003-aud", "05ms-004-sil", "10me-001-aud", "10me-002-sil"),
    *("17ms-001-aud", "tal1_day2-001-xwhi", "tal1_day2-002-aud"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    (root / "tal").mkdir()
    miniature.write(root / "tal")
    return root / "tal"


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy with two sessions, to spoil."""
    shutil.copyfile(made / "FIXTURE", tmp_path / "FIXTURE")
    for name in ("TaL80/core/02fe", "TaL1/core/day2"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path


def by_id(folder: Path) -> dict[str, Recording]:
    return {one.id: one for one in tal.recordings(folder)}


def test_recordings_are_speech_in_order_with_speaker_session_and_prompt(made: Path) -> None:
    found = tal.CORPUS.recordings(made)
    assert [one.id for one in found] == IDS
    assert [one.session for one in found] == [one.id.split("-")[0] for one in found]
    assert {one.speaker for one in found[-2:]} == {"tal1"}
    assert {one.speaker for one in found[:-2]} == {one.session for one in found[:-2]}
    texts = Counter(one.text for one in found)
    assert texts.most_common(2)[0] == (miniature.SHARED, 3)
    assert texts.most_common(2)[1][1] == 1
    assert {one.span for one in found} == {None}


def test_signals_of_a_recording_have_one_length_and_are_as_declared(made: Path) -> None:
    for one in tal.recordings(made):
        lips, ultrasound, audio = (one[name] for name in ("lips", "ultrasound", "audio"))
        for name, array in (("lips", lips), ("ultrasound", ultrasound), ("audio", audio)):
            signal = tal.SIGNALS[name]
            assert str(array.dtype) == signal.dtype
            assert array.shape[1:] == signal.frame
        assert len(lips) == len(ultrasound) > 30
        assert len(audio) == round(len(lips) * 16000 / 60)
        assert np.abs(audio).max() < 1
    with pytest.raises(UserError, match="01fi-003-xaud: expected one of lips, ultrasound, audio"):
        tal.recordings(made)[0]["emg"]


@pytest.mark.parametrize(
    ("id", "lead"), [("04me-002-aud", 12), ("02fe-001-aud", 12), (IDS[-2], 54)]
)
def test_what_is_read_is_what_was_said_at_its_time(made: Path, id: str, lead: int) -> None:
    one = by_id(made)[id]
    here = utterance(made, id)
    stem = here.folder / f"{here.number}_{here.tag}"
    shot = next(shot for shot in miniature.shots(made) if shot.stem == stem)
    truth = {"lips": drawn_lips(shot.said), "ultrasound": drawn_tongue(shot.said)}
    begin, _ = tal.moments(utterance(made, id))
    skip = lead - begin
    assert skip == 1  # ultrasound begins 0.018 to 0.03 s before the sentence
    count = len(truth["lips"])
    assert one.text == shot.text

    lips, known = one["lips"][skip : skip + count].astype(float), truth["lips"].astype(float)
    assert np.abs(lips - known).mean() < 6  # the video loses a little
    later = np.abs(lips[1:] - known[:-1]).mean()
    assert np.abs(lips[1:] - known[1:]).mean() < 0.9 * later

    ultrasound = one["ultrasound"][skip : skip + count]
    ours = pixel_trace(ultrasound, (98.0, 47.5, 1.1))
    theirs = pixel_trace(truth["ultrasound"], (106.0, 47.5, 0.9))
    right = np.corrcoef(ours.ravel(), theirs.ravel())[0, 1]
    assert right > 0.8
    for shift in (-4, 4):
        moved = np.roll(theirs, shift, axis=0)
        assert np.corrcoef(ours.ravel(), moved.ravel())[0, 1] < right
    assert np.corrcoef(ours[:, :, ::-1].ravel(), theirs.ravel())[0, 1] < right  # not mirrored

    audio, spoken = one["audio"], shot.said.audio
    start = round(skip * 16000 / 60)
    part = audio[start : start + len(spoken)]
    alike = np.corrcoef(part, spoken[: len(part)])[0, 1]
    assert alike > 0.98
    assert alike > np.corrcoef(part[8:], spoken[: len(part) - 8])[0, 1]


def utterance(folder: Path, id: str) -> Utterance:
    return next(one for one in utterances(folder) if one.id == id)


def pixel_trace(pictures: Array, place: tuple[float, float, float]) -> Array:
    """Grey (T, 8, 5) at 40 places, 50 to 78 mm above the apex and up to 20 mm to either side."""
    y, x, pitch = place
    ups = np.repeat(np.linspace(50, 78, 8), 5)
    rights = np.tile(np.linspace(-20, 20, 5), 8)
    rows = np.rint(y - ups / pitch).astype(int)
    columns = np.rint(x + rights / pitch).astype(int)
    trace: Array = pictures[:, rows, columns].astype(float).reshape(len(pictures), 8, 5)
    return trace


def test_silent_speech_has_sound_without_speech(made: Path) -> None:
    found = by_id(made)
    assert np.abs(found["02fe-002-sil"]["audio"]).max() < 0.01
    assert np.abs(found["02fe-001-aud"]["audio"]).max() > 0.1
    assert np.abs(np.diff(found["02fe-002-sil"]["lips"].astype(float), axis=0)).mean() > 0.5


Write = Callable[..., Path]


def clocked(
    folder: Path,
    *,
    rate: float = 60.0,
    frames: int = 120,
    first: str = "0.50400",
    raw: int = 100,
    seconds: float = 2.0,
    per_second: str = "81.5",
    sound_rate: int = 48000,
) -> Path:
    """One utterance whose pictures hold their numbers: stripes in the video, grey in ultrasound."""
    import cv2
    import soundfile

    stem = folder / "TaL80" / "core" / "01fi" / "001_aud"
    stem.parent.mkdir(parents=True)
    video = cv2.VideoWriter(
        str(stem.with_suffix(".mp4")), cv2.VideoWriter.fourcc(*"mp4v"), rate, (320, 240)
    )
    for at in range(frames):
        picture = np.full((240, 320, 3), 255, np.uint8)
        for bit in range(8):  # in the middle square; white beyond it
            picture[:, 40 + 30 * bit : 70 + 30 * bit] = 255 * (at >> bit & 1)
        video.write(picture)
    video.release()
    numbers = np.arange(raw, dtype=np.uint8)[:, None, None] * 2
    stem.with_suffix(".ult").write_bytes(np.broadcast_to(numbers, (raw, 4, 5)).tobytes())
    stem.with_suffix(".param").write_text(
        "NumVectors=4\nPixPerVector=5\nZeroOffset=1\nBitsPerPixel=8\nAngle=0.3\nKind=0\n"
        f"PixelsPerMm=0.055\nFramesPerSec={per_second}\nTimeInSecsOfFirstFrame={first}\n"
    )
    sound = np.arange(int(seconds * sound_rate)) / sound_rate / 4  # grows by 0.25 a second
    soundfile.write(stem.with_suffix(".wav"), sound, sound_rate, "PCM_16")
    shutil.copyfile(stem.with_suffix(".wav"), stem.with_suffix(".sync"))
    stem.with_suffix(".txt").write_text("a prompt\n29/04/2019 11:00:00\n")
    return folder


def taken(folder: Path) -> tuple[Array, Array, Array]:
    """Numbers of the video and the raw frames that were used, and the sound."""
    (one,) = tal.recordings(folder)
    lips = one["lips"]
    bits = lips.reshape(len(lips), 96, 8, 12)[..., 3:-3].mean(axis=(1, 3)) > 127
    return bits @ (1 << np.arange(8)), one["ultrasound"].max(axis=(1, 2)) / 2, one["audio"]


def test_picture_k_is_at_k_60ths_and_ultrasound_where_its_file_says(tmp_path: Path) -> None:
    pictures, raw, audio = taken(clocked(tmp_path))
    first = int(np.ceil(0.504 * 60))  # 31, at 0.5167 s
    # The last of 100 raw frames is at 0.504 + 99 / 81.5 = 1.7187 s, so the last moment is 103.
    np.testing.assert_array_equal(pictures, np.arange(31, 104))
    times = np.arange(first, 104) / 60
    np.testing.assert_array_equal(raw, np.rint((times - 0.504) * 81.5))
    assert np.abs(0.504 + raw / 81.5 - times).max() <= 0.0062
    assert len(audio) == round(73 / 60 * 16000)
    np.testing.assert_allclose(
        audio[100:-100], (31 / 60 + np.arange(len(audio)) / 16000)[100:-100] / 4, atol=2e-3
    )


@pytest.mark.parametrize(
    ("changed", "end"),
    [
        ({"frames": 105}, 104 - 1),  # ultrasound ends first, the video a little later
        ({"frames": 103, "raw": 110}, 102),  # the video ends first
        ({"seconds": 1.75, "raw": 120, "frames": 110}, 104),  # the sound: its last whole 60th
        ({"seconds": 1.749, "raw": 120, "frames": 110}, 103),
        ({"raw": 98}, 101),  # ultrasound: 0.504 + 97 / 81.5 = 1.694 s
    ],
)
def test_a_recording_ends_with_what_ends_first(
    tmp_path: Path, changed: dict[str, float], end: int
) -> None:
    pictures, raw, audio = taken(clocked(tmp_path, **changed))  # type: ignore[arg-type]
    np.testing.assert_array_equal(pictures, np.arange(31, end + 1))
    assert len(raw) == len(pictures)
    assert len(audio) == round(len(raw) / 60 * 16000)


def test_a_first_frame_on_a_moment_is_kept_and_commas_are_read(tmp_path: Path) -> None:
    pictures, raw, _ = taken(
        clocked(tmp_path, first="0,50000", raw=120, frames=90, seconds=1.5, per_second="122,5")
    )
    assert (pictures[0], raw[0]) == (30, 0)
    np.testing.assert_array_equal(raw, np.rint(np.arange(len(raw)) / 60 * 122.5))


def test_a_video_of_nearly_60_pictures_keeps_time(tmp_path: Path) -> None:
    pictures, _, _ = taken(clocked(tmp_path, rate=59.5, frames=110))
    times = np.arange(31, 31 + len(pictures)) / 60
    np.testing.assert_allclose(pictures, np.rint(times * 59.5), atol=0)
    assert pictures[-1] < 30 + len(pictures)  # one was shown twice


def test_other_rates_of_sound_are_read(tmp_path: Path) -> None:
    _, raw, audio = taken(clocked(tmp_path, sound_rate=44100))
    assert len(audio) == round(len(raw) / 60 * 16000)
    assert audio[8000] == pytest.approx((31 / 60 + 0.5) / 4, abs=2e-3)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"rate": 30.0}, r"001_aud.mp4: expected about 60 pictures a second, got 30"),
        (
            {"first": "1.99", "raw": 50},
            r"001_aud.param: expected ultrasound, video and sound to ov",
        ),
        ({"first": "1.99"}, r"001_aud.ult: expected it to end with the sound, .* found 3\.2"),
        ({"seconds": 0.3}, r"001_aud.mp4: expected it to end with the sound, at 0\.28 s"),
        ({"frames": 90}, r"001_aud.mp4: expected it to end with the sound, at 1\.98 s"),
        ({"raw": 60}, r"001_aud.ult: expected it to end with the sound, at 1\.98 s"),
    ],
)
def test_what_has_another_clock_is_refused(
    tmp_path: Path, changed: dict[str, float], told: str
) -> None:
    (one,) = tal.recordings(clocked(tmp_path, **changed))  # type: ignore[arg-type]
    for name in tal.SIGNALS:
        with pytest.raises(UserError, match=told):
            one[name]


def spoil(path: Path, content: bytes) -> None:
    assert path.is_file()
    path.write_bytes(content)


@pytest.mark.parametrize("ending", ["mp4", "wav", "ult", "param"])
@pytest.mark.parametrize("content", [b"", b"no such thing" * 99], ids=["empty", "foreign"])
def test_a_file_that_is_not_sound_is_refused_by_name(
    own: Path, ending: str, content: bytes
) -> None:
    spoil(own / "TaL80/core/02fe" / f"001_aud.{ending}", content)
    one = by_id(own)["02fe-001-aud"]
    for name in tal.SIGNALS:
        with pytest.raises(UserError, match=rf"001_aud\.{ending}: ") as caught:
            one[name]
        assert "\n" not in str(caught.value)


def test_a_cut_video_is_refused_and_not_filled_in(own: Path) -> None:
    path = own / "TaL80/core/02fe/001_aud.mp4"
    whole = path.read_bytes()
    count = describe(path).count
    with pytest.raises(UserError, match=rf"expected {count + 6} pictures or more, got {count}"):
        list(grey(path, np.array([0, count + 5])))
    spoil(path, whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"001_aud\.mp4: "):
        by_id(own)["02fe-001-aud"]["lips"]


def test_lips_are_the_middle_square_averaged_by_area() -> None:
    picture = np.zeros((4, 10), np.uint8)
    picture[:2, 3:5] = [[10, 20], [30, 40]]
    picture[2:, 5:7] = 80
    picture[:, :3] = picture[:, 7:] = 255  # beyond the square
    np.testing.assert_array_equal(centre_square(picture, 2), [[25, 0], [0, 80]])
    np.testing.assert_array_equal(centre_square(picture.T, 2), [[25, 0], [0, 80]])


def test_one_channel_is_taken_and_not_the_sum_of_three(tmp_path: Path) -> None:
    import cv2

    path = str(tmp_path / "x.mp4")
    video = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"mp4v"), 60, (64, 48))
    video.write(np.broadcast_to(np.array([140, 120, 130], np.uint8), (48, 64, 3)).copy())
    video.release()
    (picture,) = grey(Path(path), np.array([0]))
    assert picture.shape == (48, 64)
    assert picture.mean() == pytest.approx(120, abs=3)


def test_two_channels_of_sound_are_refused(tmp_path: Path) -> None:
    import soundfile

    folder = clocked(tmp_path)
    path = folder / "TaL80/core/01fi/001_aud.wav"
    soundfile.write(path, np.zeros((96000, 2)), 48000)
    with pytest.raises(UserError, match=r"001_aud.wav: expected one channel"):
        tal.recordings(folder)[0]["audio"]
    soundfile.write(path, np.full(96000, np.nan), 48000, "FLOAT")
    with pytest.raises(UserError, match=r"001_aud.wav: expected finite samples"):
        tal.recordings(folder)[0]["audio"]
    soundfile.write(path, np.zeros(8000), 4000)
    with pytest.raises(UserError, match=r"001_aud.wav: expected about 48000 samples"):
        tal.recordings(folder)[0]["audio"]


def test_pictures_without_opencv_say_what_to_install(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(UserError, match=r"pip install 'silentbench\[video\]'"):
        tal.recordings(made)[0]["lips"]


def test_prompts_are_read_as_utf8_or_as_windows_wrote_them(own: Path) -> None:
    path = own / "TaL80/core/02fe/001_aud.txt"
    for content in ("\ufeffcafé’s\r\n1/1/2019\r\n".encode(), "café’s\n".encode("cp1252")):
        spoil(path, content)
        assert by_id(own)["02fe-001-aud"].text == "café’s"
    spoil(path, b"\n29/04/2019\n")
    with pytest.raises(UserError, match=r"001_aud.txt: expected the prompt in line 1"):
        tal.recordings(own)
    assert any("expected the prompt in line 1" in problem for problem in tal.verify(own))


def test_the_miniature_verifies_and_its_files_are_all_listed(made: Path) -> None:
    assert tal.CORPUS.verify(made) == []
    assert tal.CORPUS.files is not None
    listed = list(tal.CORPUS.files(made))
    assert listed == sorted(
        path for path in made.rglob("*") if path.is_file() and path.name != "FIXTURE"
    )
    endings = Counter(path.suffix for path in listed)
    assert set(endings) == {".txt", ".wav", ".sync", ".ult", ".param", ".mp4", ".lab"}
    (made / "TaL80" / "core" / "01fi" / ".DS_Store").write_text("x")
    (made / "TaL80" / "samples").mkdir(exist_ok=True)
    (made / "TaL80" / "samples" / "003_xaud.txt").write_text("x")
    assert list(tal.CORPUS.files(made)) == listed  # what else lies about does not belong
    assert sum(path.stat().st_size for path in listed) < 30e6


def test_verify_names_what_is_missing(own: Path) -> None:
    (own / "TaL80/core/02fe/001_aud.mp4").unlink()
    (own / "TaL1/core/day2/001_xwhi.sync").unlink()
    place = own / "TaL80/core/02fe/001_aud"
    problems = tal.verify(own)
    assert problems == [
        f"{place}: expected txt, wav, sync, ult, param, mp4, missing mp4; get it again",
        f"{own / 'TaL1/core/day2/001_xwhi'}: expected txt, wav, sync, ult, param, mp4, "
        "missing sync; get it again",
    ]
    # Without video it is no recording; without the sync signal, which nothing reads, it is one.
    assert list(by_id(own)) == ["02fe-002-sil", "tal1_day2-001-xwhi", "tal1_day2-002-aud"]


def test_verify_compares_the_sound_with_its_pulses(own: Path) -> None:
    import soundfile

    path = own / "TaL80/core/02fe/001_aud.wav"
    samples, rate = soundfile.read(path)
    soundfile.write(path, samples[rate // 10 :], rate)
    told = tal.verify(own)
    assert any("001_aud.wav: expected" in one and "as long as 001_aud.sync" in one for one in told)


def test_verify_compares_sizes_and_the_fan_with_the_parameters(own: Path) -> None:
    ult = own / "TaL80/core/02fe/001_aud.ult"
    spoil(ult, ult.read_bytes()[:-1])
    param = own / "TaL80/core/02fe/002_sil.param"
    spoil(param, param.read_bytes().replace(b"PixelsPerMm=0,570", b"PixelsPerMm=1,140"))
    first, second = tal.verify(own)
    assert f"{ult}: expected a multiple of 64 x 48 = 3072 bytes, got " in first
    assert "got 45.1 degrees, 10.5 to 51.8 mm; its pictures would not be to scale" in second
    spoil(param, b"NumVectors=64\n")
    assert "002_sil.param: expected a line BitsPerPixel" in tal.verify(own)[1]


def test_verify_counts_sessions_of_what_is_not_a_miniature(own: Path) -> None:
    assert tal.verify(own) == []
    (own / "FIXTURE").unlink()
    assert tal.verify(own) == [
        f"{own / 'TaL80/core'}: expected 81 speakers, found 1; get the missing ones",
        f"{own / 'TaL1/core'}: expected 6 sessions, found 1; get the missing ones",
    ]
    for day in range(3, 8):
        shutil.copytree(own / "TaL1/core/day2", own / f"TaL1/core/day{day}")
    assert [problem.split(": ")[1][:20] for problem in tal.verify(own)] == ["expected 81 speakers"]
    shutil.rmtree(own / "TaL1")  # one of the two is enough
    (own / "TaL80/core/2fe").mkdir()
    (own / "TaL80/core/03mn").mkdir()
    told = tal.verify(own)
    assert [problem.split(": ")[1].split(";")[0] for problem in told] == [
        r"expected a folder named like [0-9]{2}[mf][esino]",
        "expected utterances, found none",
        "expected 81 speakers, found 2",
    ]
    assert "expected TaL80/core or TaL1/core, found neither" in tal.verify(own / "TaL80")[0]


def test_many_problems_are_counted(tmp_path: Path) -> None:
    core = tmp_path / "TaL80/core/01fi"
    core.mkdir(parents=True)
    (tmp_path / "FIXTURE").write_text("")
    for number in range(25):
        (core / f"{number:03}_aud.txt").write_text("a")
    problems = tal.verify(tmp_path)
    assert len(problems) == 21
    assert problems[-1] == f"{tmp_path}: and 5 more utterances with files missing"


def test_locate_finds_the_usual_places(made: Path, tmp_path: Path) -> None:
    assert tal.locate(made.parent) == made
    assert tal.locate(made) == made
    assert tal.locate(tmp_path) is None
    (tmp_path / "tal-corpus" / "TaL1" / "core").mkdir(parents=True)
    assert tal.locate(tmp_path) == tmp_path / "tal-corpus"


def test_facets_say_how_it_was_said_and_whose_pictures_are_poor() -> None:
    assert tal.facets("01fi-004-xaud") == {
        "manner": "audible",
        "prompt": "shared",
        "pictures": "as usual",
    }
    assert tal.facets("17ms-010-sil")["pictures"] == "lips hidden by hair"
    assert tal.facets("60ms-010-spo") == {
        "manner": "spontaneous",
        "prompt": "own",
        "pictures": "poor ultrasound",
    }
    assert tal.facets("tal1_day2-010-xwhi")["manner"] == "whispered"


def test_the_split_keeps_speakers_and_prompts_apart(made: Path) -> None:
    split = splits.load(ROOT / "tasks" / "splits" / "tal.new_speakers.json")
    found = tal.recordings(made)
    resolved, notes = splits.resolve(split, found)
    assert notes == []
    splits.check(resolved, {one.id: one for one in found})
    fold = resolved.folds["all"]
    assert fold.test == ("05ms-002-xaud", "05ms-003-aud", "05ms-004-sil")
    assert fold.valid == ("10me-001-aud", "10me-002-sil")
    assert [i.split("-")[0] for i in fold.train] == ["01fi"] * 2 + ["02fe"] * 2 + ["03mn"] * 2 + [
        "04me"
    ] * 2
    assert not any("-x" in i for i in fold.train)


def test_the_split_chooses_by_number_among_all_speakers() -> None:
    """Of numbers 01 to 81: 8 test, 7 validate, 64 train; 17ms and 60ms do nothing."""

    def one(name: str, tag: str, text: str) -> Recording:
        return Recording(f"{name}-{tag}", name, name, text, lambda _: np.zeros(1))

    names = [f"{n:02}{'ms' if n in (17, 60) else 'fe'}" for n in range(1, 82)]
    everyone = [one(n, "004-xaud", "shared") for n in names]
    everyone += [one(n, "005-aud", f"own of {n}") for n in names]
    everyone += [one("tal1_day2", "005-aud", "own of 01fe")]
    split = splits.load(ROOT / "tasks" / "splits" / "tal.new_speakers.json")
    fold = splits.resolve(split, everyone)[0].folds["all"]
    speakers = {role: {i.split("-")[0] for i in ids} for role, ids in fold.roles().items()}
    assert {role: len(names) for role, names in speakers.items()} == {
        "train": 64,
        "valid": 7,
        "test": 8,
    }
    assert not {"17ms", "60ms", "tal1_day2"} & set().union(*speakers.values())
    assert len(fold.test) == 16  # shared prompts are tested on


def test_the_miniature_is_made_of_the_same_bytes(made: Path, tmp_path: Path) -> None:
    some = {"01fi", "day2"}
    for shot in miniature.shots(tmp_path):
        if shot.stem.parent.name in some and shot.stem.name[:3] == "001":
            shot.stem.parent.mkdir(parents=True)
            for step in ("text", "sound", "ultrasound", "video"):
                getattr(miniature, f"write_{step}")(shot)
    again = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(again) == 12
    for path in again:
        assert path.read_bytes() == (made / path.relative_to(tmp_path)).read_bytes(), path.name


@pytest.fixture(scope="module")
def real() -> Path:
    return real_data("lip_ultrasound")


def test_a_real_picture_of_tal_gives_lips_as_declared(real: Path) -> None:
    path = real / "tal-tools" / "70ms-003_cal_dark_theme.mp4"
    video = describe(path)
    assert (video.count, video.rate, video.height, video.width) == (298, 60.0, 540, 720)
    chosen = np.arange(100, 220)
    lips = np.stack([centre_square(p[318:528, 403:711], 96) for p in grey(path, chosen)])
    assert lips.shape == (120, *tal.SIGNALS["lips"].frame)
    assert str(lips.dtype) == tal.SIGNALS["lips"].dtype
    # What moves most is the mouth, which is in the middle.
    moving = lips.astype(float).std(axis=0)
    assert moving[32:64, 24:72].mean() > 1.3 * moving[:16].mean()


def test_a_real_picture_of_tal_has_the_fan_that_is_assumed(real: Path) -> None:
    """The published picture shows raw samples upright, 937 x 1539 of them, squeezed to a panel."""
    path = real / "tal-tools" / "70ms-003_cal_dark_theme.mp4"
    panel = np.max([p[318:528, 60:400] for p in grey(path, np.arange(0, 298, 3))], axis=0)
    bright = panel > 60
    lowest = np.flatnonzero(bright.any(axis=1)).max()
    left, right = np.flatnonzero(bright[lowest - 1 : lowest + 1].any(axis=0))[[0, -1]]
    scale = 210 / (842 + 1.5 * 210 - 220)  # panel pixels a sample, downwards
    sideways = 1.1 * scale  # the panels are stretched, as the 4:3 video beside it shows
    half, near, _ = tal.SECTOR
    assert (right - left) / sideways == pytest.approx(
        20 * near * np.sin(np.radians(half)), rel=0.06
    )
    middle = bright[:, (left + right) // 2]
    arch = lowest - np.flatnonzero(middle).max()
    assert arch / scale == pytest.approx(10 * near * (1 - np.cos(np.radians(half))), rel=0.15)


def test_real_videos_of_lips_are_grey_in_every_channel(real: Path) -> None:
    path = real / "deeplabcut-speech" / "Lips" / "TalFile159.avi"
    video = describe(path)
    assert (video.height, video.width) == (240, 320)
    assert video.rate == pytest.approx(120.42, abs=0.01)  # fields: no video of this corpus
    pictures = list(grey(path, np.array([5, 5, 9])))
    assert {(p.shape, str(p.dtype)) for p in pictures} == {((240, 320), "uint8")}
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[0] != pictures[2]).any()


def test_real_ultrasound_through_the_whole_reader(tmp_path: Path) -> None:
    """A real .ult in place of the miniature's, with another fan and another rate."""
    from benchmark.corpora.io.pictures.ultrasound import read_frames, read_parameters

    source = real_data("ultrasound_audio/satkit")
    folder = clocked(tmp_path, frames=190, seconds=3.2)
    stem = folder / "TaL80/core/01fi/001_aud"
    shutil.copyfile(source / "File009.ult", stem.with_suffix(".ult"))
    shutil.copyfile(source / "File009US.txt", stem.with_suffix(".param"))
    (one,) = tal.recordings(folder)
    found = one["ultrasound"]
    assert len(found) == len(one["lips"]) == 182 - 61 + 1  # 1.0162 s to 1.01619 + 249 / 122.541
    scan = read_parameters(source / "File009US.txt")
    chosen = np.rint((np.arange(61, 183) / 60 - 1.01619) * 122.541).astype(int)
    direct = read_frames(source / "File009.ult", scan.fan, chosen)
    np.testing.assert_array_equal(found, upright(direct, len(chosen), scan.fan, tal.GRID))
    assert "got 67.5 degrees, 10.0 to 89.7 mm" in " ".join(tal.verify(folder))
