"""Files of a user are read as the model needs them, or refused by name with what is wrong."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmark.core import UserError
from benchmark.evaluation.kept import inputs
from benchmark.evaluation.kept.inputs import Given, Reading
from kept_model import kept

RNG = np.random.default_rng(0)


def read(path, name="emg", how=Reading()):  # noqa: B008
    found, doubts = inputs.read(Given("a", {name: path}), kept(name), how)
    return found[name], doubts


def emg(rows=50):
    return RNG.normal(0, 20, (rows, 2)).astype(np.float32)


def saved(path, array):
    np.save(path, array)
    return path


def test_an_npy_file_becomes_the_input(tmp_path):
    x = emg()
    found, doubts = read(saved(tmp_path / "a.npy", x.astype(np.float64)))
    np.testing.assert_array_equal(found, x)
    assert found.dtype == np.float32
    assert doubts == []


def test_a_table_is_read_by_the_names_of_its_columns(tmp_path):
    path = tmp_path / "a.csv"
    x = emg().round(3)
    lines = [f"{k},{b},up,{a}" for k, (a, b) in enumerate(x.tolist())]
    path.write_text("\n".join(["ms,cheek,word,chin", *lines]))
    with pytest.raises(UserError, match=r"a.csv: row 2: expected 4 numbers.*which `columns`"):
        read(path)
    how = Reading(columns={"emg": ("chin", "cheek")}, time={"emg": "ms"})
    np.testing.assert_allclose(read(path, how=how)[0], x, rtol=1e-6)
    late = Reading(columns={"emg": ("chin", "cheek")}, time={"emg": "ms"}, stored={"emg": 500.0})
    with pytest.raises(UserError, match="expected 500 Hz, found time stamps"):
        read(path, how=late)


def test_a_file_of_another_rate_is_refused_and_resampled_where_it_is_said(tmp_path):
    path = tmp_path / "a.wav"
    times = np.arange(44100) / 44100
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 440 * times), 44100)
    with pytest.raises(UserError, match=r"expected 16000 Hz .* 44100 Hz; .*--stored noisy=44100"):
        read(path, "noisy")
    found, _ = read(path, "noisy", Reading(stored={"noisy": 44100.0}))
    assert found.shape == (16000,)
    again = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    np.testing.assert_allclose(found[500:-500], again[500:-500], atol=2e-3)


def test_a_factor_brings_numbers_to_the_unit_of_the_model(tmp_path):
    path = saved(tmp_path / "a.npy", emg() * 1e-6)
    _, doubts = read(path)
    assert "expected a root mean square of" in doubts[0]
    assert "--scale emg=FACTOR" in doubts[0]
    found, doubts = read(path, how=Reading(scale={"emg": 1e6}))
    assert 10 < found.std() < 40
    assert doubts == []


def test_a_video_keeps_its_grey_levels_and_nothing_else_passes_for_them(tmp_path):
    video = RNG.integers(0, 256, (30, 4, 5))
    found, _ = read(saved(tmp_path / "a.npy", video.astype(float)), "lips")
    np.testing.assert_array_equal(found, video)
    assert found.dtype == np.uint8
    for wrong in (256, -1, 0.5):
        video = video.astype(float)
        video[3, 2, 1] = wrong
        with pytest.raises(UserError, match=f"whole numbers from 0 to 255, found {wrong:g}"):
            read(saved(tmp_path / "a.npy", video), "lips")


def test_electrodes_of_which_recordings_had_different_numbers_may_be_any_number(tmp_path):
    x = RNG.normal(0, 20, (50, 7)).astype(np.float32)
    np.testing.assert_array_equal(read(saved(tmp_path / "a.npy", x), "seeg")[0], x)
    table = tmp_path / "a.csv"
    table.write_text("\n".join(",".join(map(str, row)) for row in x.tolist()))
    np.testing.assert_allclose(read(table, "seeg")[0], x, rtol=1e-6)
    sound = tmp_path / "a.wav"
    soundfile.write(sound, x / 1000, 1024, subtype="FLOAT")
    assert read(sound, "seeg")[0].shape == (50, 7)


def nan(path):
    x = emg()
    x[3, 1] = np.nan
    return saved(path / "a.npy", x)


def text(path):
    (path / "a.wav").write_text("this is no sound")
    return path / "a.wav"


def words(path):
    (path / "a.csv").write_text("these are\nno numbers\n")
    return path / "a.csv"


def broken(path):
    file = saved(path / "a.npy", emg())
    file.write_bytes(file.read_bytes()[:-8])
    return file


def objects(path):
    return saved(path / "a.npy", np.array([{"a": 1}], object))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (nan, r"a.npy: expected finite values, found 1 of 100 .* channel 1 \(cheek\); correct"),
        (text, "a.wav: not a sound wav file"),
        (words, "a.csv: row"),
        (broken, "a.npy: expected a whole NumPy array of numbers, found another file"),
        (objects, "a.npy: expected a whole NumPy array of numbers"),
        (lambda p: saved(p / "a.npy", emg().T), r"expected \(2,\) a time step, found \(50,\)"),
        (lambda p: saved(p / "a.npy", emg()[:, :1]), r"expected \(2,\) a time step, found \(1,\)"),
        (lambda p: saved(p / "a.npy", emg(0)), "a.npy: expected samples, found none"),
        (lambda p: saved(p / "a.npy", emg() * 1j), r"expected an array .* of real numbers"),
        (lambda p: p / "gone.csv", "gone.csv: expected a file for emg, found none there"),
        (lambda p: p, "expected a file for emg, found none there"),
        (lambda p: (p / "a.mat").touch() or p / "a.mat", "expected a file .*, found '.mat'"),
    ],
)
def test_what_is_not_such_a_signal_is_refused_by_its_name(tmp_path, make, says):
    with pytest.raises(UserError, match=says):
        read(make(tmp_path))


def test_a_channel_that_does_not_change_is_doubted_and_used(tmp_path):
    x = emg()
    x[:, 1] = 3
    found, doubts = read(saved(tmp_path / "a.npy", x))
    np.testing.assert_array_equal(found, x)
    assert "1 (cheek)" in doubts[0]


def test_inputs_of_one_recording_last_equally_long(tmp_path):
    files = {
        "noisy": saved(tmp_path / "n.npy", RNG.normal(0, 0.1, 16000)),
        "emg": saved(tmp_path / "e.npy", emg(1050)),
    }
    found, _ = inputs.read(Given("a", files), kept("noisy", "emg"), Reading())
    assert {name: len(array) for name, array in found.items()} == {"noisy": 16000, "emg": 1050}
    saved(tmp_path / "e.npy", emg(850))
    with pytest.raises(UserError, match=r"e.npy: expected 1.000 s, as noisy lasts, .* 0.850 s"):
        inputs.read(Given("a", files), kept("noisy", "emg"), Reading())


def test_words_of_the_command_line_become_recordings():
    one = inputs.grouped(["x/a.wav", "emg=b=c.npy"], ["emg"])
    assert one == [Given("a", {"emg": Path("x/a.wav")}), Given("b=c", {"emg": Path("b=c.npy")})]
    two = inputs.grouped(["emg=e.csv", "noisy=n.wav", "noisy=m.wav", "emg=f.csv"], ["noisy", "emg"])
    assert [given.name for given in two] == ["n", "m"]
    assert two[1].files == {"noisy": Path("m.wav"), "emg": Path("f.csv")}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["n.wav"], "expected SIGNAL=FILE with a signal of noisy, emg, found 'n.wav'"),
        (["noisy=n.wav"], "expected a file for each of noisy, emg, found 'noisy=n.wav'; write"),
        (["noisy=n.wav", "noisy=m.wav"], "expected a file for each of noisy, emg"),
        (
            ["noisy=n.wav", "emg=e.npy", "noisy=x/n.wav", "emg=f.npy"],
            "two recordings would be called n",
        ),
    ],
)
def test_words_that_are_no_recordings_are_refused(words, says):
    with pytest.raises(UserError, match=says):
        inputs.grouped(words, ["noisy", "emg"])


def test_an_option_for_a_signal_that_the_model_does_not_take_is_refused():
    with pytest.raises(UserError, match=r"--scale eeg=\.\.\.: expected one of emg, found eeg"):
        Reading(scale={"eeg": 2.0}).check(["emg"])


@pytest.mark.parametrize(
    ("target", "shape"), [("mel", (86, 80)), ("clean", (16000,)), ("word", ()), ("text", (-1,))]
)
def test_an_answer_is_as_long_as_the_first_input(target, shape):
    given = {"noisy": np.zeros(16000), "emg": np.zeros((1005, 2))}
    assert inputs.shape_of(kept("noisy", "emg", target=target), given) == shape


def test_an_answer_without_a_shape_of_its_own_cannot_be_asked_for():
    with pytest.raises(UserError, match="mel had no single frame"):
        inputs.shape_of(kept("emg", mel=None), {"emg": np.zeros((9, 2))})
