"""Oracles: what they make of the answers, and that they are rows apart from all others."""

import itertools
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import toy
from benchmark import registry
from benchmark.core import Recording, Signal, Task, UserError
from benchmark.corpora.simulated import reader
from benchmark.corpora.simulated.sensors import ultrasound
from benchmark.execution import chance, plan
from benchmark.execution.oracles import enhancement, predictions
from benchmark.leaderboard import build, gate
from benchmark.metrics.image import msd, ssim
from benchmark.registry import header
from benchmark.registry.from_answers import oracles

ROOT = Path(__file__).resolve().parents[2]
RATE = 16_000.0
TIME = np.arange(16_000) / RATE
INSIDE = slice(1000, -1000)  # where all windows are whole


def tone(hertz):
    return np.sin(2 * np.pi * hertz * TIME)


def test_magnitudes_are_those_of_the_clean_speech_and_phases_those_of_the_noisy():
    clean, other = tone(500), 0.3 * tone(2000)
    made = enhancement.magnitude(clean + other, clean, RATE)
    assert made.shape == clean.shape
    np.testing.assert_allclose(made[INSIDE], clean[INSIDE], atol=1e-3)
    np.testing.assert_allclose(
        enhancement.magnitude(-3 * clean, clean, RATE)[INSIDE], -clean[INSIDE], atol=1e-6
    )


def test_a_gain_takes_away_what_is_noise_by_40_db_at_most_and_adds_nothing():
    clean, other = tone(500), 0.3 * tone(2000)
    made = enhancement.gain(clean + other, clean, RATE)
    np.testing.assert_allclose(made[INSIDE], (clean + 0.01 * other)[INSIDE], atol=1e-4)
    halved = enhancement.gain(clean / 2, clean, RATE)
    np.testing.assert_allclose(halved[INSIDE], clean[INSIDE] / 2, atol=1e-6)
    turned = enhancement.gain(-clean, clean, RATE)  # no gain from 0.01 on makes it better
    np.testing.assert_allclose(turned[INSIDE], -0.01 * clean[INSIDE], atol=1e-6)


@pytest.mark.parametrize("make", [enhancement.magnitude, enhancement.gain])
@pytest.mark.parametrize("samples", [1, 100, 4001])
def test_sounds_of_any_length_keep_it(make, samples):
    rng = np.random.default_rng(0)
    noisy = rng.standard_normal(samples)
    made = make(noisy, rng.standard_normal(samples), RATE)
    assert made.shape == (samples,)
    assert np.isfinite(made).all()
    assert np.isfinite(make(np.zeros(samples), noisy, RATE)).all()


def test_predictions_are_of_the_recordings_asked_for_in_the_type_of_the_target():
    task = registry.task(ROOT, "emg_speech_enhancement")
    corpus = registry.corpora()["embedded"]
    sounds = {"noisy": np.float32(tone(500) + tone(2000)), "clean": np.float32(tone(500))}
    test = [Recording("r", "s", "s", "", sounds.__getitem__)]
    for name, make in predictions.FILTERS.items():
        made = predictions.predicted(name, test, task, corpus, Path())
        wanted = np.float32(make(sounds["noisy"], sounds["clean"], RATE))
        np.testing.assert_array_equal(made["r"], wanted)
        assert made["r"].dtype == np.float32
    made = {*predictions.FILTERS, *predictions.ALONE, oracles.NOISELESS}
    assert made == {*oracles.ORACLES}


def test_the_answer_made_audible_is_nearly_the_answer():
    corpus, task = registry.corpora()["embedded"], registry.task(ROOT, "emg_to_mel")
    one = next(r for r in corpus.recordings(corpus.locate(ROOT)) if "+" not in r.id)
    for name, most in (("oracle_target", 0), ("oracle_resynthesis", 0.2)):
        made = predictions.predicted(name, [one], task, corpus, Path())[one.id]
        assert made.dtype == np.float32
        error = np.square(made - one["mel"]).mean()
        late = np.square(made[1:] - one["mel"][:-1]).mean()
        assert error <= most < 0.3 < late


def test_an_oracle_that_a_task_or_corpus_cannot_serve_is_named():
    task = Task("t", ("x",), "y", (), (), (), citation="", version="1")
    with pytest.raises(UserError, match="toy has no y without noise for oracle_noiseless"):
        predictions.predicted("oracle_noiseless", [], task, toy.corpus(), Path())
    slow = toy.corpus(signals={**toy.SIGNALS, "x": Signal("1", "float32", 3.0)})
    with pytest.raises(UserError, match="oracle_gain: no input of 't' has the rate of its target"):
        predictions.predicted("oracle_gain", [], task, slow, Path())


def test_tasks_name_oracles_that_there_are():
    for task in registry.tasks(ROOT).values():
        assert {*task.oracles} <= {*oracles.ORACLES}
    corpora = registry.corpora()
    lips = registry.task(ROOT, "lip_to_ultrasound")
    assert oracles.of(lips, corpora["embedded"]) == ("oracle_noiseless",)
    assert oracles.of(lips, corpora["tal"]) == ()
    sound = registry.task(ROOT, "emg_speech_enhancement")
    limited = ("oracle_magnitude", "oracle_gain")
    assert oracles.of(sound, corpora["gaddy2020"]) == ("oracle_target", *limited)
    assert oracles.ends(sound.oracles) == limited


def test_whatever_oracle_a_corpus_has_can_be_made_of_its_signals():
    """Corpora have spectrograms of other front ends, which the vocoder cannot make audible."""
    rng, made = np.random.default_rng(0), set()
    for (name, task), corpus in itertools.product(
        registry.tasks(ROOT).items(), registry.corpora().values()
    ):
        if task.target not in corpus.signals or not {*task.inputs} <= corpus.signals.keys():
            continue
        signals = {s: corpus.signals[s] for s in (task.target, *task.inputs)}
        shapes = {
            s: (int(signal.rate or 1), *(size or 8 for size in signal.frame))
            for s, signal in signals.items()
        }
        arrays = {s: rng.normal(size=shape) for s, shape in shapes.items()}
        test = [Recording("r", "s", "s", "", arrays.__getitem__)]
        for oracle in {*oracles.of(task, corpus)} - {oracles.NOISELESS}:
            (found,) = predictions.predicted(oracle, test, task, corpus, Path()).values()
            assert found.shape == arrays[task.target].shape
            made.add((name, corpus.name, oracle))
    assert ("emg_to_mel", "embedded", oracles.RESYNTHESIS) in made
    assert ("seeg_to_mel", "dutch_words_23", "oracle_target") in made
    assert ("seeg_to_mel", "dutch_words_23", oracles.RESYNTHESIS) not in made


def test_the_noiseless_tongue_is_where_the_true_one_is():
    """And nearer to the pictures than they are to each other, but not the same."""
    corpus = registry.corpora()["embedded"]
    folder = corpus.locate(ROOT)
    one = next(r for r in corpus.recordings(folder) if "+" not in r.id)
    truth = one["ultrasound"]
    made = corpus.noiseless["ultrasound"](folder, one.id)
    assert (made.shape, made.dtype) == (truth.shape, truth.dtype)
    signal = corpus.signals["ultrasound"]

    def score(metric, answer):
        return float(metric.reduce(metric.measure(answer, truth, signal)))

    assert 0.9 < score(ssim.SSIM, made) < 0.995
    assert score(msd.MSD, made) < 0.8 < score(msd.MSD, np.roll(made, 20, axis=0))


def test_nothing_of_the_noiseless_tongue_is_drawn_at_random_for_its_recording():
    corpus = registry.corpora()["embedded"]
    folder = corpus.locate(ROOT)
    one = next(r for r in corpus.recordings(folder) if "+" not in r.id)
    take = reader.source(folder, one.id)
    other = replace(take, id="another")  # by which all of a recording's own noise is drawn
    assert not np.array_equal(ultrasound.ultrasound(take), ultrasound.ultrasound(other))
    np.testing.assert_array_equal(ultrasound.noiseless(take), ultrasound.noiseless(other))


def exact(_folder, name):
    """The target of the toy corpus without its noise."""
    speaker, number = (int(part) for part in name.removeprefix("s").split("-"))
    return toy.recording(speaker, number)["x"] @ np.float32([[2.0], [-1.0]])


@pytest.fixture
def place(tmp_path):
    place = toy.project(tmp_path, model=toy.entry())
    path = place.root / "tasks" / "toy.py"
    path.write_text(path.read_text().replace("citation", 'oracles=("oracle_noiseless",), citation'))
    return place


CORPUS = toy.corpus(noiseless={"y": exact})
NAME = "oracle_noiseless"


def renewed(place, corpus=CORPUS):
    """What `renew` says that it scores."""
    chosen, told = plan.plan(place, plan.RunSelection(), {"toy": corpus}), []
    scored = chance.renew(place, chosen, tell=told.append)
    said = [line for line in told if line.startswith("scoring")]
    assert scored == bool(said)
    return said


def test_an_oracle_is_scored_once_and_stands_apart_from_the_rows(place):
    said = [f"scoring the {who} of toy on toy.all" for who in ("level of chance", NAME)]
    assert renewed(place) == said
    assert renewed(place) == []
    oracles.results(place.root, NAME).unlink()
    assert renewed(place) == said[1:]
    project = replace(toy.known(place), corpora={"toy": CORPUS})
    admitted = gate.admit(project)
    assert not [r for r in admitted.refused if r.entry != "model"]
    (table,) = build.tables(admitted, project.tasks)
    assert [row.entry for row in table.rows] == ["chance"]
    (row,) = table.oracles
    assert (row.entry, row.isolation, row.parameters) == (
        *("oracle_noiseless", "from the answers"),
        None,
    )
    score = row.scores["pearson.per_recording@1"]
    assert score.value > 0.85
    assert (score.normalised.value, score.normalised.ends.zero) == (1.0, "chance")


def test_a_corpus_without_what_an_oracle_needs_has_no_row_of_it(place):
    renewed(place, toy.corpus())
    assert not oracles.results(place.root, "oracle_noiseless").exists()


def test_results_of_an_oracle_are_held_against_the_project(place):
    renewed(place)
    project = replace(toy.known(place), corpora={"toy": CORPUS})
    (result, *_) = gate.admit_beside(project, "oracle_noiseless")[0]
    said = partial(gate.unfit, project, "oracle_noiseless")
    assert said(result) == ""
    without = replace(project, corpora={"toy": toy.corpus()})
    reason = "its task or corpus has no such oracle today"
    assert gate.unfit(without, "oracle_noiseless", result) == reason
    assert said(changed(result, isolation="bubblewrap")).startswith("its isolation, bubblewrap")
    assert said(changed(result, variant="large")) == "its entry has no variant large today"
    assert "other code than today" in said(changed(result, code="0" * 64))
    assert "named after another entry" in gate.unfit(project, "model", result)


def changed(result, **fields):
    return replace(result, head=result.head.model_copy(update=fields))


def test_no_entry_may_have_the_name_of_an_oracle(tmp_path):
    with pytest.raises(UserError, match="does not begin with 'oracle_', found oracle_mine"):
        header.check_name(tmp_path / "oracle_mine.py", "oracle_mine")


def test_each_oracle_has_a_code_of_its_own_that_changes_with_the_metrics():
    metrics = registry.task(ROOT, "emg_speech_enhancement").metrics
    codes = {oracles.code(name, metrics[:n]) for name in oracles.ORACLES for n in (1, 2)}
    assert len(codes) == 2 * len(oracles.ORACLES)
