"""Galleries of every kind of target of the embedded corpus, from results of chance level."""

import functools
import io
import operator
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import smoke_snapshot
import soundfile

from benchmark import registry, storage
from benchmark.core import Paths, Signal, UserError
from benchmark.execution import chance, plan
from benchmark.report.listening import kept
from benchmark.report.listening.sounds import Sound
from benchmark.report.site import example, sample_gallery, sound_files, task_examples
from benchmark.results.published import from_job
from benchmark.results.result import Item, JobResult, Measurement

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The project without entries, its small splits scored for chance, predictions kept."""
    root = tmp_path_factory.mktemp("galleries")
    shutil.copytree(ROOT / "tasks", root / "tasks")
    for name in ("baselines", "submissions"):
        (root / name).mkdir()
    (root / "baselines" / "one.py").write_text((ROOT / "baselines" / "mean.py").read_text())
    paths = Paths(root, root / "data", root / "runs")
    chosen = plan.plan(paths, plan.RunSelection(smoke=True, full=True), registry.corpora())
    chance.renew(paths, chosen)
    return paths


@pytest.fixture(scope="module")
def made(place):
    lines = []
    links = sample_gallery.build(
        smoke_snapshot.read(place.root), place, place.runs / "site", lines.append
    )
    pages = {p.name.partition("-")[0]: p for p in (place.runs / "site" / "examples").glob("*.html")}
    return links, pages, lines


def test_every_task_has_a_gallery_below_the_size_limit(place, made):
    links, pages, _ = made
    assert set(pages) == set(registry.tasks(place.root))
    assert len(links["chance"]) == len(pages)
    assert all(path.stat().st_size < sample_gallery.MAX_BYTES for path in pages.values())


def test_a_gallery_needs_no_file_but_its_sounds_and_the_style(made):
    _, pages, _ = made
    for path in pages.values():
        text = path.read_text()
        addresses = re.findall(r'(?:src|xlink:href)="([^"]{0,40})', text)
        others = [a for a in addresses if not a.startswith(("data:", "#"))]
        assert all((path.parent / name).exists() for name in others), path.name
        assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"|http-equiv', "", text)
        assert '<link rel="stylesheet" href="../style.css">' in text


def test_sounds_are_those_of_the_corpus(place, made):
    _, pages, _ = made
    text = pages["emg_speech_enhancement"].read_text()
    sounds = re.findall(r"<label>(\w+) <audio[^>]* src=\"([^\"]+)", text)
    assert {name for name, _ in sounds} == {"noisy", "clean", "prediction"}
    wave, rate = soundfile.read(place.runs / "site" / "examples" / sounds[1][1])
    corpus = registry.corpora()["embedded"]
    heading = re.search(r"<h3>([^:<]+)", text)[1]
    recording = next(r for r in corpus.recordings(corpus.locate(place.data)) if r.id == heading)
    assert rate == corpus.signals["clean"].rate
    level = np.sqrt(np.mean(np.square(recording["clean"], dtype=np.float64)))
    as_loud = recording["clean"] * sound_files.LEVEL / level
    np.testing.assert_allclose(wave, as_loud, atol=2**-15)
    assert sound_files.ABOUT in text
    assert sound_files.ABOUT not in pages["emg_to_text"].read_text()


def test_a_gallery_shows_text_trajectories_and_contours(made):
    _, pages, _ = made
    text = pages["emg_word_classification"].read_text()
    words = re.findall(r"<dt>reference</dt><dd>(.*?)</dd>\s*<dt>predicted</dt><dd>(.*?)</dd>", text)
    assert words
    assert all(reference != predicted for reference, predicted in words)  # confusions alone
    assert "Confusion matrix" in text
    assert "Macro F1 0." not in text  # of one recording
    text = pages["emg_to_text"].read_text()
    assert "<dt>reference</dt>" in text
    assert re.search(r"<dt>errors</dt><dd><span class=\"errors\">.*<del>\w", text)
    assert "tongue contour" in pages["lip_to_ultrasound"].read_text()
    assert "Trajectories" in pages["emg_to_articulation"].read_text()


def test_a_current_gallery_stays_and_an_old_one_is_removed(place, made):
    _, pages, _ = made
    folder = place.runs / "site" / "examples"
    (folder / "gone-entry-embedded.x-000000000000.html").write_text("old")
    before = {path: path.stat().st_mtime_ns for path in pages.values()}
    lines = []
    sample_gallery.build(smoke_snapshot.read(place.root), place, place.runs / "site", lines.append)
    assert lines == []
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*.html")} == before


def test_a_gallery_without_one_of_its_sounds_is_made_again(place, made):
    _, pages, _ = made
    page, lines = pages["emg_speech_enhancement"], []
    first, second = re.findall(r'src="(\w+\.flac)"', page.read_text())[:2]
    (page.parent / first).unlink()
    kept_here = (page.parent / second).stat().st_mtime_ns
    sample_gallery.build(smoke_snapshot.read(place.root), place, place.runs / "site", lines.append)
    assert len(lines) == 1
    assert "speech" in lines[0] or "mixtures" in lines[0]
    assert (page.parent / first).exists()
    assert (page.parent / second).stat().st_mtime_ns == kept_here


def test_sounds_stay_as_long_as_a_page_has_them(tmp_path):
    """Those of a gallery by its page, those of other pages by name."""
    folder, wave = tmp_path / sound_files.FOLDER, np.sin(np.arange(8000) / 9)
    waves = [wave[: 8000 - n] for n in range(3)]
    files = sound_files.levelled([Sound("x", "x", each, 8000.0) for each in waves])
    sound_files.write(tmp_path, {file.name: file.content for file in files})
    assert len({file.name for file in files}) == 3
    page = folder / "page.html"
    page.write_text(f'<audio src="{files[0].name}">')
    assert sound_files.is_whole(page)
    sound_files.remove_unused(tmp_path, [files[1].name])
    assert {path.name for path in folder.glob("*.flac")} == {file.name for file in files[:2]}
    page.unlink()
    sound_files.remove_unused(tmp_path, [files[1].name])
    assert {path.name for path in folder.glob("*.flac")} == {files[1].name}
    page.write_text(f'<audio src="{files[0].name}">')
    assert not sound_files.is_whole(page)


EVEN = np.sin(np.arange(8000) / 9)


def test_a_sound_that_would_clip_is_quieter_and_no_other():
    sharp = np.zeros(8000)
    sharp[100] = 1.0
    files = sound_files.levelled([Sound("x", "x", wave, 8000.0) for wave in (sharp, EVEN)])
    heard = [soundfile.read(io.BytesIO(file.content))[0] for file in files]
    levels = [np.sqrt(np.mean(wave**2)) for wave in heard]
    assert np.abs(heard[0]).max() == pytest.approx(sound_files.HIGHEST, abs=2**-14)
    assert levels[1] == pytest.approx(sound_files.LEVEL, rel=0.01)


def test_what_is_no_wave_has_no_sound_and_what_is_silent_has(tmp_path):
    odd = [[], [np.nan, 1.0], [np.inf, 1.0], [1e300, 1.0]]
    waves = [*map(np.array, odd), np.zeros(8000), EVEN]
    sounds = [Sound("x", "x", wave, 8000.0) for wave in waves]
    files = sound_files.levelled(sounds)
    assert files[:4] == [None] * 4
    assert None not in files[4:]
    panels = task_examples._with_sounds([({}, sound) for sound in [None, *sounds]], tmp_path)
    names = [Path(panel["source"]).name for panel in panels]
    assert names == [""] * 5 + [file.name for file in files[4:]]
    assert all((tmp_path / sound_files.FOLDER / name).is_file() for name in names[5:])


def test_a_sound_that_was_cut_or_altered_is_written_again(tmp_path):
    (file,) = sound_files.levelled([Sound("x", "x", EVEN, 8000.0)])
    path, page = (tmp_path / sound_files.FOLDER / name for name in (file.name, "page.html"))
    sound_files.write(tmp_path, {file.name: file.content})
    page.write_text(f'<audio src="{file.name}">')
    for wrong in (file.content[:100], file.content[:-1] + bytes([file.content[-1] ^ 1])):
        path.write_bytes(wrong)
        assert not sound_files.is_whole(page)
        sound_files.write(tmp_path, {file.name: file.content})
        assert path.read_bytes() == file.content
        assert sound_files.is_whole(page)


def test_a_missing_prediction_is_reported_and_the_others_are_written(place, tmp_path):
    leaderboard = smoke_snapshot.read(place.root)
    (table,) = (t for t in leaderboard.tables if t.task == "emg_to_text")
    recordings = table.rows[0].results[0].recordings
    digest = recordings.predictions[0].tobytes().hex()
    kept = storage.kept(place.runs / "predictions", digest)
    kept.rename(tmp_path / "away")
    lines = []
    try:
        sample_gallery.build(leaderboard, place, tmp_path / "site", lines.append)
    finally:
        (tmp_path / "away").rename(kept)
    (line,) = (line for line in lines if line.startswith("no examples"))
    assert f"the prediction of {recordings.names[0]} is not kept" in line
    assert len(list((tmp_path / "site" / "examples").glob("*.html"))) == len(lines) - 1


def test_a_gallery_needs_no_prepared_fold(place, made, tmp_path):
    _, pages, _ = made
    (tmp_path / "predictions").symlink_to(place.runs / "predictions")
    paths, leaderboard = replace(place, runs=tmp_path), smoke_snapshot.read(place.root)
    texts = replace(leaderboard, tables=[t for t in leaderboard.tables if t.task == "emg_to_text"])
    sample_gallery.build(texts, paths, tmp_path / "site", lambda _: None)
    (page,) = (tmp_path / "site" / "examples").glob("*.html")
    main = "<main"  # before it are links to all tasks
    assert (
        page.read_text().partition(main)[2] == pages["emg_to_text"].read_text().partition(main)[2]
    )
    assert not (tmp_path / "prepared").exists()


def test_the_recordings_are_the_ends_and_the_middle():
    names = [f"r{n:02}" for n in range(20)]
    best, middle, worst = sample_gallery._ends_and_middle(names, 5)
    assert best == names[:5]
    assert worst == names[:14:-1]
    assert middle == names[7:12]
    few = [name for group in sample_gallery._ends_and_middle(names[:4], 5) for name in group]
    assert few == names[:4]  # nothing twice, nothing left out
    assert (
        sorted(functools.reduce(operator.iadd, sample_gallery._ends_and_middle(names[:12], 5), []))
        == names[:12]
    )


@pytest.mark.parametrize("count", [3, 4, 7, 8, 20])
def test_the_gallery_of_the_best_has_the_recording_of_the_page_of_the_task(count):
    """So that both let the same sounds be heard."""
    names = [f"r{n:02}" for n in range(count)]
    assert sample_gallery._ends_and_middle(names, 1)[1] == kept.middle(names, 1)


def test_better_is_the_direction_of_the_metric(place):
    metrics = registry.tasks(place.root)
    error, score = metrics["seeg_to_mel"].metrics[0], metrics["emg_to_articulation"].metrics[0]

    def result(metric):
        items = tuple(
            Item(
                recording=name,
                speaker="t",
                session="a",
                prediction="",
                seconds=0.0,
                measurements={metric.id: Measurement(statistics=(value, 1.0))},
            )
            for name, value in (("low", 0.1), ("high", 0.9))
        )
        about = ("task", "split", "fold", "entry", "variant", "data", "code")
        rest = dict.fromkeys(about, "x")
        return from_job(JobResult(**rest, seed=0, metrics=(metric.id,), status="good", items=items))

    assert kept.ordered(error, [result(error)]) == ["low", "high"]
    assert kept.ordered(score, [result(score)]) == ["high", "low"]


@pytest.fixture(scope="module")
def examples(place, tmp_path_factory):
    """What pages of tasks show of two entries, which have the predictions of chance; the folder."""
    leaderboard = smoke_snapshot.read(place.root)
    tables = [
        replace(t, rows=tuple(replace(t.rows[0], entry=name) for name in ("one", "two")))
        for t in leaderboard.tables
    ]
    folder, lines = tmp_path_factory.mktemp("examples"), []
    shown = task_examples.build(replace(leaderboard, tables=tables), place, folder, lines.append)
    assert lines == []
    return {key[0]: value for key, value in shown.items()}, folder


def test_the_page_of_a_task_shows_one_recording_by_every_entry(place, examples):
    shown, _ = examples
    assert set(shown) == set(registry.tasks(place.root))
    for name, one in shown.items():
        task = registry.tasks(place.root)[name]
        if name == "emg_word_classification":
            assert one["entries"] == ["one", "two"]
            assert one["confusions"]
            assert all(any(w["wrong"] for w in row["words"]) for row in one["confusions"])
            continue
        cells = one["panels"] or one["transcripts"]
        titles = [cell["title"] for cell in cells if not cell["title"].startswith("input")]
        assert titles == ["one", "two"] if name == "emg_to_text" else ["reference", "one", "two"]
        looks = [(cell["shape"], cell["colour"]) for cell in cells[-2:]]
        assert len({*looks}) == 2
        assert all(task.metrics[0].title in cell["scores"] for cell in cells[-2:])


def test_sounds_of_an_example_have_one_loudness(examples):
    shown, folder = examples
    for name in ("emg_speech_enhancement", "emg_to_mel", "emg_to_articulation"):
        sources = [panel["source"] for panel in shown[name]["panels"] if panel["source"]]
        waves = [soundfile.read(folder / source)[0] for source in sources]
        assert len(waves) >= 3
        levels = [np.sqrt(np.mean(wave**2)) for wave in waves]
        assert max(levels) / min(levels) < 1.01
        assert max(np.abs(wave).max() for wave in waves) < 1
    assert not any(panel["source"] for panel in shown["lip_to_ultrasound"]["panels"])


def test_without_predictions_a_task_has_no_examples_and_a_line_says_so(place, tmp_path):
    leaderboard = smoke_snapshot.read(place.root)
    tables = [replace(t, rows=(replace(t.rows[0], entry="one"),)) for t in leaderboard.tables]
    paths, lines = replace(place, runs=tmp_path), []
    assert (
        task_examples.build(replace(leaderboard, tables=tables), paths, tmp_path, lines.append)
        == {}
    )
    assert len(lines) == len(tables)
    assert all("is not kept" in line and ": silentbench run " in line for line in lines)
    lines.clear()
    assert task_examples.build(leaderboard, place, tmp_path, lines.append) == {}
    assert all("no entry but trivial baselines" in line for line in lines)


def test_edits_are_those_that_word_errors_count():
    found = example.edits("The quick cat sat", "the cat SAT down,")
    assert [(edit.kind, edit.reference, edit.predicted) for edit in found] == [
        ("equal", "the", "the"),
        ("delete", "quick", ""),
        ("equal", "cat sat", "cat sat"),
        ("insert", "", "down"),
    ]
    assert [edit.kind for edit in example.edits("a b", "")] == ["delete"]
    assert [edit.kind for edit in example.edits("", "a")] == ["insert"]


def test_only_the_best_entry_has_a_gallery_where_that_is_asked(place, tmp_path):
    leaderboard = smoke_snapshot.read(place.root)
    (table,) = (t for t in leaderboard.tables if t.task == "emg_to_text")
    rows = tuple(replace(table.rows[0], entry=name) for name in ("one", "two"))
    board = replace(leaderboard, tables=[replace(table, rows=rows)])
    links = sample_gallery.build(board, place, tmp_path, lambda _: None, best=True)
    assert len(links) == 1
    assert {*links} <= {"one", "two"}


def test_text_that_no_page_can_hold_is_replaced():
    signal = Signal("code point", "uint32", free=True)
    shown = example.in_words(np.array([0xD83D, 32, 0x202E, 0, 104, 0x1F600]), signal)
    assert shown == "\ufffd \ufffd\ufffdh\N{GRINNING FACE}"
    assert shown.encode().decode() == shown


def test_whoever_waits_is_told_how_many_pages_are_done(tmp_path, monkeypatch):
    """Also of pages that cannot be made."""
    one = SimpleNamespace(results=())
    row = SimpleNamespace(results=(), name=("mean", "default"), entry="mean")
    table = SimpleNamespace(task="toy", split="toy.all")
    monkeypatch.setattr(sample_gallery, "rows", lambda *_: [(table, row)] * 3)
    monkeypatch.setattr(
        sample_gallery, "_choose", lambda *_: SimpleNamespace(one=one, trivial=None)
    )

    def refuse(_chosen):
        raise UserError("not kept")

    monkeypatch.setattr(sample_gallery, "_page", refuse)
    lines, steps = [], []
    sample_gallery.build(*(None, None, tmp_path, lines.append), step=lambda *at: steps.append(at))
    assert lines == ["no examples of mean on toy.all: not kept"] * 3
    assert steps == [(0, 3), (1, 3), (2, 3)]
