"""What is heard of an entry: in galleries, by `listen`, and in a listening test."""

import base64
import hashlib
import importlib.metadata
import io
import json
import re
import shutil
import sys
import types
from dataclasses import replace
from pathlib import Path

import commands
import numpy as np
import pytest
import smoke_snapshot
import soundfile
from typer.testing import CliRunner

from benchmark import registry, storage
from benchmark.cli.app import app
from benchmark.cli.listening import choice
from benchmark.core import CHANCE, Paths, UserError
from benchmark.corpora import sparc_targets, sparc_voice
from benchmark.corpora.io import sparc
from benchmark.execution import chance, plan
from benchmark.report.listening import (
    decoding,
    hooks,
    kept,
    people_heard,
    quality,
    rating_key,
    sounds,
)
from benchmark.report.listening.kept import Place
from benchmark.report.site import sample_gallery, sound_files
from benchmark.results.published import to_job
from benchmark.spectra import articulatory, vocoder
from fake_sparc import Fake, installed, loader

ROOT = Path(__file__).resolve().parents[2]
STEP = 2**-15  # of 16 bits
TASKS = ["emg_to_mel", "emg_to_articulation"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A project whose only entry was never run, the small splits of two tasks scored for chance."""
    root = tmp_path_factory.mktemp("listening")
    shutil.copytree(ROOT / "tasks", root / "tasks")
    for name in ("baselines", "submissions"):
        (root / name).mkdir()
    (root / "baselines" / "one.py").write_text((ROOT / "baselines" / "mean.py").read_text())
    paths = Paths(root, root / "data", root / "runs")
    chosen = plan.plan(
        paths, plan.RunSelection(tasks=TASKS, smoke=True, full=True), registry.corpora()
    )
    chance.renew(paths, chosen)
    return paths


@pytest.fixture(scope="module")
def board(place):
    """Rows of chance, of `mean`, which answers silence, and of `model`, which answers half."""
    read = smoke_snapshot.read(place.root)
    changes = {"mean": lambda answer: np.full_like(answer, -8), "model": lambda answer: answer / 2}
    tables = [
        replace(t, rows=(*t.rows, *(as_entry(place, t.rows[0], *c) for c in changes.items())))
        for t in read.tables
    ]
    return replace(read, tables=tables)


def as_entry(place, row, entry, change):
    """A row as if another entry had predicted what `change` makes of its predictions."""
    folder, results = place.runs / "predictions", []
    for result in row.results:
        old = [prediction.tobytes().hex() for prediction in result.recordings.predictions]
        new = [storage.keep(folder, change(array_of(place, name))) for name in old]
        digests = np.frombuffer(bytes.fromhex("".join(new)), np.uint8).reshape(-1, 32)
        recordings = replace(result.recordings, predictions=digests)
        head = result.head.model_copy(update={"entry": entry})
        results.append(replace(result, head=head, recordings=recordings, digest=entry))
    return replace(row, entry=entry, results=tuple(results))


def array_of(place, name):
    return storage.read_array(storage.kept(place.runs / "predictions", name))


def table_of(board, task):
    (table,) = (t for t in board.tables if t.task == task)
    return table


def recording(place, name):
    corpus = registry.corpora()["embedded"]
    return next(r for r in corpus.recordings(corpus.locate(place.data)) if r.id == name)


def prediction(place, board, entry, name):
    (row,) = (r for r in table_of(board, "emg_to_mel").rows if r.entry == entry)
    result, index = kept.result_of(row.results, name)
    return array_of(place, result.recordings.predictions[index].tobytes().hex())


@pytest.fixture(scope="module")
def galleries(place, board):
    shown = {"emg_to_mel": ("mean", "model"), "emg_to_articulation": ("model",)}
    few = [
        replace(table, rows=tuple(row for row in table.rows if row.entry in shown[table.task]))
        for table in board.tables
    ]
    folder = place.runs / "site"
    sample_gallery.build(replace(board, tables=few), place, folder, lambda _: None)
    return {"-".join(p.name.split("-")[:2]): p.read_text() for p in folder.glob("examples/*.html")}


def players(place, article):
    found = re.findall(r"<label>([^<]+) <audio[^>]* src=\"([^\"]+)", article)
    return {title: soundfile.read(place.runs / "site/examples" / name) for title, name in found}


def levelled(wave):
    """As loud as every sound of a page is; those here do not clip then."""
    return wave * sound_files.LEVEL / np.sqrt(np.mean(np.square(wave, dtype=np.float64)))


def test_a_spectrogram_is_heard_beside_what_was_recorded(place, board, galleries):
    page = galleries["emg_to_mel-model"]
    assert f"by the vocoder {vocoder.NAME}" in page
    article = page.partition("<article")[2].partition("</article>")[0]
    name = re.search(r"<h3>([^:<]+)", article)[1]
    heard, of = players(place, article), recording(place, name)
    mels = {
        "target (re-synthesis)": of["mel"],
        "prediction (re-synthesis)": prediction(place, board, "model", name),
        "mean, trivial baseline (re-synthesis)": prediction(place, board, "mean", name),
    }
    assert list(heard) == ["recorded sound", *mels]
    for title, mel in mels.items():
        wave, rate = heard[title]
        assert rate == 22050
        np.testing.assert_allclose(wave, levelled(vocoder.sound(mel)), atol=STEP)
    wave, rate = heard["recorded sound"]
    assert rate == 16000
    np.testing.assert_allclose(wave, levelled(of["audio"]), atol=STEP)


def test_a_trivial_baseline_is_not_heard_beside_itself(galleries):
    assert "trivial baseline (re-synthesis)" not in galleries["emg_to_mel-mean"]
    assert galleries["emg_to_mel-mean"].count("<audio") == 3 * galleries["emg_to_mel-mean"].count(
        "<article"
    )


def test_articulation_of_simulated_speakers_is_heard(place, galleries):
    page = galleries["emg_to_articulation-model"]
    assert sounds.SYNTHESISER.strip() in page
    article = page.partition("<article")[2].partition("</article>")[0]
    wave, rate = players(place, article)["target (re-synthesis)"]
    of = recording(place, re.search(r"<h3>([^:<]+)", article)[1])
    made = vocoder.sound(articulatory.spectrogram(of["articulation"]))
    assert rate == 22050
    np.testing.assert_allclose(wave, levelled(made), atol=STEP)


def test_articulation_of_people_says_why_it_is_not_heard():
    people = registry.corpora()["gaddy2020"].signals["articulation"]
    assert not sounds.can_be_heard(people)
    assert sounds.note(people) == sounds.NO_VOCODER
    with pytest.raises(ValueError, match="expected sound or a spectrogram"):
        sounds.heard(people, "target", "target", np.zeros((50, 14)))


def test_silent_takes_have_no_recorded_sound(place, board):
    table = table_of(board, "emg_to_mel")
    corpus = registry.corpora()["embedded"]
    names = [r.id for r in corpus.recordings(corpus.locate(place.data)) if "+" not in r.id]
    silent = next(name for name in names if "audio" not in corpus.checks.signals(name))
    aloud = next(name for name in names if "audio" in corpus.checks.signals(name))
    where = Place(board, place, table)
    assert [*kept.recorded(where, table.rows[0].results, [silent, aloud])] == [aloud]
    # Nor is there any where the corpus has changed since.
    head = table.rows[0].results[0].head.model_copy(update={"data": "0" * 64})
    old = [replace(table.rows[0].results[0], head=head)]
    assert kept.recorded(where, old, [aloud]) == {}


def test_results_of_this_machine_come_first(place, board):
    row = table_of(board, "emg_to_mel").rows[0]
    one = kept.first_seed(replace(row, entry=CHANCE))
    assert kept.as_run_here(place, one) == one
    other = to_job(as_entry(place, row, CHANCE, lambda answer: answer + 1).results[0]).sealed()
    path = place.runs / "results" / other.job.key
    storage.write_whole(path, other.dump().encode())
    try:
        here = kept.as_run_here(place, one)
    finally:
        path.unlink()
    name = one.results[0].recordings.names[0]
    was, now = (kept.read(place, each, [name])[name] for each in (one, here))
    np.testing.assert_array_equal(now, was + 1)


@pytest.fixture
def call(place, board, monkeypatch, tmp_path):
    commands.move(monkeypatch, place.root)
    monkeypatch.setattr(choice.snapshot, "read", lambda _root: board)
    monkeypatch.chdir(tmp_path)

    def called(*words, status=0):
        folders = () if words[:2] == ("ratings", "score") else ("--runs", place.runs)
        done = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*map(str, (*words, *folders))])
        assert done.exit_code == status, done.output
        return " ".join(done.output.split())

    return called


def test_listen_writes_sounds_and_a_page_of_columns(place, board, call):
    assert "16 sounds; open heard/index.html" in call(
        *("listen", "model", "--task", "emg_to_mel", "--count", 4, "--out=heard")
    )
    page = Path("heard/index.html").read_text()
    heads = re.findall(r'<th scope="col">([^<]+)', page)
    assert heads == [
        "recording",
        "recorded sound",
        "target (re-synthesis)",
        "prediction (re-synthesis)",
        "mean, trivial baseline (re-synthesis)",
    ]
    sources = re.findall(r'src="([^"]+)"', page)
    assert len(sources) == 16 == len([*Path("heard").glob("*.wav")])
    assert all(Path("heard", source).is_file() for source in sources)
    assert "http" not in page.replace("http-equiv", "")
    one = next(name for name in sources if name.endswith(".prediction.wav"))
    wave, rate = soundfile.read(Path("heard", one))
    mel = prediction(place, board, "model", one.partition(".")[0])
    assert rate == 22050
    np.testing.assert_allclose(wave, np.clip(vocoder.sound(mel), -1, 1), atol=STEP)


def test_listen_as_json_names_the_files_and_scores_of_each_recording(place, board, call):
    words = ("listen", "model", "--task", "emg_to_mel", "--count", 2, "--out=told", "--json")
    told = json.loads(call(*words))
    assert (told["entry"], told["task"], told["page"]) == ("model", "emg_to_mel", "told/index.html")
    assert len(told["recordings"]) == 2
    (row,) = (r for r in table_of(board, "emg_to_mel").rows if r.entry == "model")
    for one in told["recordings"]:
        result, index = kept.result_of(row.results, one["recording"])
        (first, *_) = registry.tasks(place.root)["emg_to_mel"].metrics
        statistics = result.recordings.measured[first.id].statistics[index]
        assert one["scores"][first.id] == pytest.approx(float(first.reduce(statistics)))
        assert {"recorded", "target", "prediction"} <= {s["column"] for s in one["sounds"]}
        assert all(Path(sound["file"]).is_file() for sound in one["sounds"])


def test_recordings_go_evenly_from_the_best_to_the_worst():
    names = [f"r{n}" for n in range(11)]
    assert kept.evenly(names, 3) == ["r0", "r5", "r10"]
    assert kept.evenly(names, 1) == ["r5"]
    assert kept.evenly(names, 20) == names


def test_listen_says_what_makes_predictions_that_are_not_kept(place, call):
    away = place.runs / "predictions"
    away.rename(place.runs / "away")
    try:
        said = call("listen", "model", "--task", "emg_to_mel", status=2)
    finally:
        (place.runs / "away").rename(away)
    assert "is not kept in runs/predictions; to make its predictions: silentbench run" in said
    assert "run model --task emg_to_mel --split embedded.smoke_sentences" in said


def test_listen_refuses_what_has_no_sound(call):
    assert "entry with results" in call("listen", "nobody", status=2)
    assert "choose one with --task" in call("listen", "model", status=2)
    other = ("--task", "emg_to_mel", "--split", "x.y")
    assert "split with its results" in call("listen", "model", *other, status=2)
    assert "model:big has no results" in call("listen", "model:big", status=2)


HOOKS = """
import numpy as np

def hum(mel):
    assert mel.shape[1] == 80 and mel.dtype == np.float32
    return np.sin(np.arange(256 * len(mel)) / 9).astype(np.float32)

def one_word(sound, rate):
    return "again" if rate == 22050 else "something else"

def silent(mel):
    return np.zeros(0, np.float32)

def deaf(sound, rate):
    return None

def late(mel):
    import beside
    return beside.hum(mel)

def broken(mel):
    raise ValueError("no sound today")
"""


def test_listen_takes_a_vocoder_and_a_recogniser_of_ones_own(call):
    Path("mine.py").write_text(HOOKS)
    both = ("--vocoder", "mine:hum", "--recogniser", "mine:one_word", "--count", 2)
    said = call("listen", "model", "--task", "emg_to_mel", *both, "--out", "heard")
    assert "word error rates by mine:one_word: recorded 1." in said
    page = Path("heard/index.html").read_text()
    assert "Re-synthesis is by mine:hum" in page
    assert page.count("<q>again</q>") == 6
    assert page.count("<q>something else</q>") == 2
    assert page.count('data-vocoder="mine:hum"') == 6
    assert len([*Path("heard").glob("*.mine.hum.wav")]) == 6
    assert len([*Path("heard").glob("*.recorded.wav")]) == 2  # which no vocoder made
    assert all(Path("heard", name).is_file() for name in re.findall(r'src="([^"]+)"', page))
    wave, _ = soundfile.read(next(Path("heard").glob("*.prediction.mine.hum.wav")))
    np.testing.assert_allclose(wave[:99], np.sin(np.arange(99) / 9), atol=2 * STEP)
    Path("beside.py").write_text("from mine import hum")
    call("listen", "model", "--task", "emg_to_mel", "--vocoder", "mine:late", "--out", "again")


def test_a_vocoder_is_for_what_is_no_sound(call, monkeypatch):
    monkeypatch.setattr(choice, "is_sound", lambda target: target.unit == "ln")
    said = call("listen", "model", "--task", "emg_to_mel", "--vocoder", "m:f", status=2)
    assert "--vocoder: the answers are sound already" in said
    assert "--vocoder: the answers are sound already" in make(call, "--vocoder", "m:f", status=2)


def test_error_rates_are_of_recordings_with_words():
    heard = [("A word.", {"recorded": "a word"}), ("...", {"recorded": "noise"}), ("", {})]
    assert hooks.error_rates(heard) == "recorded 0.000"
    assert hooks.error_rates(heard[1:]) == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--vocoder", "mine"), "--vocoder: expected MODULE:FUNCTION, found 'mine'"),
        (("--vocoder", "nobody_has:it"), "--vocoder: 'nobody_has' cannot be imported"),
        (("--recogniser", "mine:nothing"), "--recogniser: 'mine' has no function 'nothing'"),
        (("--vocoder", "mine:silent"), "--vocoder mine:silent: expected finite samples"),
        (("--recogniser", "mine:deaf"), "--recogniser mine:deaf: expected text, found NoneType"),
        (("--vocoder", ".mine:hum"), "--vocoder: expected MODULE:FUNCTION, found '.mine:hum'"),
        (("--vocoder", "torn:hum"), "--vocoder: 'torn' cannot be imported: SyntaxError"),
        (("--vocoder", "mine:broken"), "--vocoder mine:broken: ValueError: no sound today"),
    ],
)
def test_a_hook_that_does_not_fit_is_named(call, words, says):
    Path("mine.py").write_text(HOOKS)
    Path("torn.py").write_text("def hum(mel:")
    assert says in call("listen", "model", "--task", "emg_to_mel", *words, status=2)


@pytest.fixture
def people(board, monkeypatch, tmp_path):
    """Have the articulation of the small split count as people's, with targets of SPARC."""
    made, module = Fake(), types.ModuleType("sparc")
    module.load_model = loader(made)
    monkeypatch.setitem(sys.modules, "sparc", module)
    monkeypatch.setattr(importlib.metadata, "version", installed)
    monkeypatch.setattr(sparc_voice, "fits", articulatory.fits)
    here = types.SimpleNamespace(find=lambda _corpus, _data: tmp_path)
    monkeypatch.setattr(decoding, "folds", here)
    for result in table_of(board, "emg_to_articulation").rows[0].results:
        for name in result.recordings.names:
            speaker = np.full(64, len(name) + ord(name[-1]), np.float32)
            streams = sparc.aligned(name, {**made.encode(np.ones(6400)), "spk_emb": speaker})
            path = tmp_path / sparc.CACHE / "set" / f"{name}.npz"
            storage.write_whole(path, sparc_targets._packed(streams, 6400))
    return made


def test_articulation_of_people_is_decoded_with_their_own_voice(people, place, call, tmp_path):
    words = ("model", "--vocoder", "sparc", "--count", 2, "--out", "heard")
    assert "sounds; open heard/index.html" in call("listen", *words)
    page = Path("heard/index.html").read_text()
    assert "made of articulation by the decoder of SPARC" in page
    assert vocoder.NAME not in page
    names = [path.name.partition(".")[0] for path in Path("heard").glob("*.prediction.sparc.wav")]
    assert len(names) == 2
    for name in names:
        speaker = float(sparc.speaker(tmp_path, name, "embedded")[0])
        for column in ("target", "prediction", "trivial"):
            wave, rate = soundfile.read(Path("heard", f"{name}.{column}.sparc.wav"))
            assert rate == 16000
            assert len(wave) == 320 * len(recording(place, name)["articulation"])
            np.testing.assert_allclose(wave, min(speaker / 100, 1), atol=2 * STEP)
    ema = recording(place, names[0])["articulation"][:, :12]
    assert any(np.array_equal(given["ema"], ema) for given in people.decoded)
    (tmp_path / sparc.CACHE / "set" / f"{names[0]}.npz").unlink()
    said = call("listen", *words, status=2)
    assert f"{names[0]}: expected one file of SPARC's targets, got none" in said


def test_sparc_decodes_its_own_coordinates_alone(call):
    said = call("listen", "model", "--vocoder", "sparc", status=2)
    assert "SPARC's decoder makes sound of articulation in its own coordinates only" in said


def rated_by_level(sample, sr):
    """DNSMOS as `speechmos` 0.0.1.1 is called, which rates louder sound better."""
    assert sr == 16000
    assert isinstance(sample, np.ndarray)
    assert (sample.ndim, sample.dtype, len(sample) > 0) == (1, np.float32, True)
    assert np.abs(sample).max() <= 1  # or the package refuses it
    level = float(np.sqrt(np.mean(sample.astype(float) ** 2)))
    return {name: np.float64(n + level) for n, name in enumerate(quality.NAMES, start=1)}


@pytest.fixture
def speechmos(monkeypatch):
    package, module = types.ModuleType("speechmos"), types.ModuleType("speechmos.dnsmos")
    module.run = rated_by_level
    monkeypatch.setitem(sys.modules, "speechmos", package)
    monkeypatch.setitem(sys.modules, "speechmos.dnsmos", module)


@pytest.mark.usefixtures("speechmos")
def test_listen_rates_each_sound_and_ranks_nothing(call):
    said = call("listen", "model", "--task", "emg_to_mel", "--quality", "--count", 2, "--out=heard")
    assert "mean DNSMOS: recorded (overall 1." in said
    page = Path("heard/index.html").read_text()
    assert page.count("<br>DNSMOS: overall 1.") == 8
    assert "Mean DNSMOS of these recordings: recorded (overall 1." in page
    assert quality.NOTE in page
    assert "DNSMOS" not in call("listen", "model", "--task", "emg_to_mel", "--count", 2)


@pytest.mark.usefixtures("speechmos")
def test_sound_is_rated_at_16_khz_by_its_names():
    tone = 3 * np.sin(np.arange(22050) * 0.1)
    assert len(quality.at_16_khz(sounds.Sound("a", "a", tone, 22050.0))) == 16000
    half = sounds.Sound("a", "a", np.full(800, 0.5), 16000.0)
    assert quality.rater()(half) == {"overall": 1.5, "speech": 2.5, "background": 3.5, "P.808": 4.5}
    with pytest.raises(UserError, match="target: expected sound to rate, found none"):
        quality.rater()(sounds.Sound("a", "target", np.zeros(0), 16000.0))
    rated = [{"a": {"overall": 1.0}, "b": {"overall": 2.0}}, {"a": {"overall": 2.0}}]
    assert quality.means(rated) == "a (overall 1.5); b (overall 2.0)"


@pytest.mark.parametrize(
    ("words", "package", "says"),
    [
        (("--quality",), "speechmos.dnsmos", "pip install -e .[dnsmos]"),
        (("--recogniser", "pocketsphinx"), "pocketsphinx", "pip install -e .[asr]"),
    ],
)
def test_a_missing_package_is_named_before_any_sound_is_made(
    call, monkeypatch, words, package, says
):
    monkeypatch.setitem(sys.modules, package, None)
    assert says in call("listen", "model", "--task", "emg_to_mel", *words, status=2)
    assert not Path("listen").exists()


@pytest.mark.needs("speechmos")
@pytest.mark.filterwarnings("ignore")  # of its libraries
def test_the_real_dnsmos_hears_noise_and_takes_silence_for_better():
    rate, noise = quality.rater(), np.random.default_rng(1).standard_normal(16000)
    silence, loud = (
        rate(sounds.Sound("a", "a", wave, 16000.0)) for wave in (np.zeros(16000), 0.1 * noise)
    )
    assert {*silence} == {*quality.NAMES.values()}
    assert all(1 <= value <= 5 for one in (silence, loud) for value in one.values())
    assert silence["overall"] == pytest.approx(1.84, abs=0.02)
    assert silence["overall"] > loud["overall"]


class Ears:
    """A decoder as pocketsphinx 5.1.1 has it, which hears the likeliest word of its model."""

    def __init__(self, lm, samprate, loglevel):
        assert (samprate, loglevel) == (16000.0, "FATAL")
        model = Path(lm).read_text().partition("\\1-grams:")[2].partition("\\2-grams")[0]
        chances = {w: float(c) for c, w, _ in map(str.split, model.strip().splitlines())}
        self.word = max(chances.keys() - {"</s>"}, key=chances.get)
        self.heard = 0

    def start_utt(self):
        self.heard = 0

    def process_raw(self, data, full_utt):
        assert full_utt
        self.heard = np.abs(np.frombuffer(data, np.int16)).max(initial=0)

    def end_utt(self):
        pass

    def hyp(self):
        return types.SimpleNamespace(hypstr=self.word) if self.heard > 30 else None


def test_listen_hears_with_pocketsphinx_what_the_corpus_says(place, call, monkeypatch):
    module = types.ModuleType("pocketsphinx")
    module.Decoder = Ears
    monkeypatch.setitem(sys.modules, "pocketsphinx", module)
    words = ("--task", "emg_to_mel", "--recogniser", "pocketsphinx", "--count", 2)
    said = call("listen", "model", *words, "--out=heard")
    assert "word error rates by pocketsphinx: recorded " in said
    page = Path("heard/index.html").read_text()
    assert people_heard.NOTE in page
    corpus = registry.corpora()["embedded"]
    texts = {r.text.lower() for r in corpus.recordings(corpus.locate(place.data))}
    [heard] = {*re.findall("<q>([^<]+)</q>", page)}
    assert any(heard in text.split() for text in texts)


def test_sound_becomes_16_bits_at_16_khz_for_the_recogniser():
    whole = people_heard.as_integers(np.array([0.0, 1.0, -2.0, 0.5]), 16000.0)
    assert (whole.dtype, whole.tolist()) == (np.int16, [0, 32767, -32767, 16384])
    assert len(people_heard.as_integers(np.zeros(22050), 22050.0)) == 16000
    assert not people_heard.as_integers(np.zeros(0), 22050.0).size


@pytest.mark.needs("pocketsphinx")
def test_the_real_pocketsphinx_takes_texts_and_sound():
    heard = people_heard.recogniser(["the boy found a dog", "a dog sees the boy"])
    rng = np.random.default_rng(1)
    for wave in (np.zeros(16000), 0.1 * rng.standard_normal(22050), np.zeros(0)):
        assert {*heard(wave, 22050.0).split()} <= {"the", "boy", "found", "a", "dog", "sees"}


def make(call, *words, status=0):
    rest = ("--task", "emg_to_mel", "--out", "test.html")
    return call("ratings", "make", "model", "mean", *rest, *words, status=status)


def test_a_listening_test_is_blind_balanced_and_drawn_by_its_seed(place, board, call):
    make(call, "--items", 8, "--seed", 3, "--target", "--recorded")
    page, key = Path("test.html").read_text(), json.loads(Path("test.key.json").read_text())
    items = key["items"]
    by_system = {}
    for item in items:
        by_system.setdefault(item["system"], set()).add(item["recording"])
    assert set(by_system) == {"model", "mean", "target", "recorded"}
    assert len(set(map(frozenset, by_system.values()))) == 1  # the same recordings
    assert len(items) == 8
    assert [item["system"] for item in items] != sorted(item["system"] for item in items)
    shown = re.findall(r'data-item="(\d+)".*?base64,([^"]+)', page, re.DOTALL)
    assert [int(number) for number, _ in shown] == [item["item"] for item in items]
    for item, (_, data) in zip(items, shown, strict=True):
        content = base64.b64decode(data)
        assert hashlib.sha256(content).hexdigest() == item["sha256"]
        if item["system"] == "model":
            mel = prediction(place, board, "model", item["recording"])
            wave = soundfile.read(io.BytesIO(content))[0]
            np.testing.assert_allclose(wave, np.clip(vocoder.sound(mel), -1, 1), atol=STEP)
    words = re.sub(r"base64,[^\"]+", "", page)
    assert not [
        s for s in (*by_system, *by_system["model"]) if f" {s} " in words or f'"{s}' in words
    ]
    make(call, "--items", 8, "--seed", 3, "--target", "--recorded")
    assert Path("test.html").read_text() == page
    make(call, "--items", 8, "--seed", 4, "--target", "--recorded")
    other = json.loads(Path("test.key.json").read_text())
    order = [[(i["system"], i["recording"]) for i in k["items"]] for k in (key, other)]
    assert order[0] != order[1]
    assert other["page"] != key["page"]


def test_a_listening_test_by_ones_own_vocoder_says_so_in_page_and_key(call):
    Path("mine.py").write_text(HOOKS)
    words = ("--items", 8, "--seed", 3, "--target", "--recorded")
    make(call, *words)
    usual = rating_key.read(Path("test.key.json"))
    assert usual.vocoder == vocoder.NAME
    assert f'data-vocoder="{vocoder.NAME}"' in Path("test.html").read_text()
    make(call, *words, "--vocoder", "mine:hum")
    key, page = rating_key.read(Path("test.key.json")), Path("test.html").read_text()
    assert key.vocoder == "mine:hum"
    assert key.page != usual.page
    assert 'data-vocoder="mine:hum"' in page
    shown = re.findall(r"base64,([^\"]+)", page)
    for item, before, data in zip(key.items, usual.items, shown, strict=True):
        assert (item.system, item.recording) == (before.system, before.recording)
        assert (item.sha256 == before.sha256) is (item.system == "recorded")
        if item.system != "recorded":
            wave = soundfile.read(io.BytesIO(base64.b64decode(data)))[0]
            np.testing.assert_allclose(wave[:99], np.sin(np.arange(99) / 9), atol=2 * STEP)
    raw = json.loads(Path("test.key.json").read_text())
    for other in ("", vocoder.NAME):
        Path("test.key.json").write_text(json.dumps({**raw, "vocoder": other}))
        with pytest.raises(UserError, match="damaged or edited"):
            rating_key.read(Path("test.key.json"))


def test_what_makes_no_listening_test_is_refused(call):
    assert "such as 6 or 8" in make(call, "--items", 7, status=2)
    assert "in common: at most" in make(call, "--items", 4000, status=2)
    assert "expected another file than the page" in make(call, "--key", "test.html", status=2)
    said = call("ratings", "make", "mean", "mean", "--task=emg_to_mel", "--out=x", status=2)
    assert "named twice" in said
    assert not [*Path().iterdir()]
