"""Building simulated corpora: takes as asked for, whatever else is built, and builds that go on.

takes/ has what PLAN gave when this was written. Where settings have changed on purpose:

    PYTHONPATH=.:tests python tests/corpora/simulated/test_build.py
"""

import os
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark import storage
from benchmark.core import UserError
from benchmark.corpora.simulated import files, reader
from benchmark.corpora.simulated.plan import Plan
from benchmark.corpora.simulated.synthesis import build, lock, render, vtl
from benchmark.corpora.simulated.synthesis.processes import Pool
from benchmark.corpora.simulated.takes import Rendered, Style, Take, Talker, Warp
from benchmark.corpora.simulated.texts import timing
from parts import needs

STORED = Path(__file__).with_name("takes")
TALKER = Talker("p1", "a test", "male", Warp(), Style(110.0, 3.0, 1.2, 1.2), habits=0.0)


def lasts(name, text):
    return timing.timed(Take(name, "p1", "p1-a", "word", text), TALKER).duration


def shortest(pattern, text):
    """Of some names of a take the one that lasts least."""
    return min((pattern.format(k) for k in range(40)), key=lambda name: lasts(name, text))


VOICED = Take(shortest("p1-aw{:03}", "up"), "p1", "p1-a", "word", "up")
SILENT = Take(f"{VOICED.id}-silent", "p1", "p1-a", "silent", "up", of=VOICED.id)
OTHER = Take(shortest("p1-bw{:03}", "up"), "p1", "p1-b", "word", "up")
PLAN = Plan((TALKER,), (OTHER, VOICED, SILENT))


class StopError(Exception):
    pass


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A corpus whose build was interrupted once, and what was said when it went on."""
    needs("vocaltractlab_cython")
    folder = tmp_path_factory.mktemp("simulated")

    def interrupt(line):
        if line.startswith("1/3"):
            raise StopError

    with pytest.raises(StopError):
        build.build(PLAN, folder, 1, interrupt)
    said = []
    build.build(PLAN, folder, 2, said.append)
    return folder, said


def test_an_interrupted_build_goes_on(built):
    folder, said = built
    assert said[0].startswith("1 of 3 takes are there")
    assert sorted(line.partition(" ")[0] for line in said[1:3]) == ["2/3", "3/3"]
    assert reader.verify(folder) == []
    assert {p.name for p in folder.iterdir()} == {"manifest.json", "p1.flac", "p1.movement"}
    assert [*reader.manifest(folder)["recordings"]] == [OTHER.id, VOICED.id, SILENT.id]


def test_takes_built_alone_are_the_same(built, tmp_path):
    folder, _ = built
    build.build(Plan((TALKER,), (VOICED, SILENT)), tmp_path, 1, lambda _: None)
    for take in (VOICED, SILENT):
        alone, among = (reader.source(place, take.id) for place in (tmp_path, folder))
        for name in ("points", "f0", "voiced", "audio"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(among, name), name)
        # Each is within 0.1 mm of what was made.
        np.testing.assert_allclose(alone.tongue, among.tongue, rtol=0, atol=0.201)
        assert alone.phones == among.phones
    np.testing.assert_array_equal(
        reader.stored_sound(tmp_path, VOICED.id), reader.stored_sound(folder, VOICED.id)
    )


def test_takes_built_again_are_as_stored(built):
    """On a machine of another kind the synthesiser's last bit may differ, but nothing that counts.

    The tongue is compared after both were stored, each within 0.1 mm.
    """
    folder, _ = built
    assert reader.manifest(folder)["recordings"] == reader.manifest(STORED)["recordings"]
    for take in PLAN.takes:
        new, old = (reader.source(place, take.id) for place in (folder, STORED))
        np.testing.assert_allclose(new.points, old.points, rtol=0, atol=0.0101)
        np.testing.assert_allclose(new.tongue, old.tongue, rtol=0, atol=0.201)
        np.testing.assert_allclose(new.f0, old.f0, rtol=0, atol=0.0101)
        np.testing.assert_array_equal(new.voiced, old.voiced)
        if take.kind != "silent":
            difference = np.subtract(
                *(reader.stored_sound(place, take.id).astype(int) for place in (folder, STORED))
            )
            assert np.abs(difference).max() <= files.LOUDNESS


def test_takes_have_their_length_and_silent_ones_no_voice(built):
    folder, _ = built
    for take in PLAN.takes:
        made = reader.source(folder, take.id)
        assert len(made.points) == round(timing.timed(take, TALKER).duration * 100)
        assert len(made.audio) == 160 * len(made.points)
    silent, voiced = (reader.source(folder, take.id) for take in (SILENT, VOICED))
    assert not silent.voiced.any()
    assert "audio" not in reader.entry(folder, SILENT.id)
    assert 0.05 < voiced.voiced.mean() < 0.9
    assert np.abs(reader.stored_sound(folder, VOICED.id)).max() > 3000


def test_what_is_finished_is_not_built_again(built, monkeypatch):
    folder, _ = built
    before = {path: path.stat().st_mtime_ns for path in folder.glob("p1.*")}
    monkeypatch.setattr(vtl, "MODULE", "no_such_synthesiser")  # it is not even loaded
    build.build(PLAN, folder, 1, lambda _: None)
    assert before == {path: path.stat().st_mtime_ns for path in folder.glob("p1.*")}
    other = replace(PLAN, talkers=(replace(TALKER, seed="another"),))
    with pytest.raises(UserError, match="p1 as another plan or version made it"):
        build.build(other, folder, 1, lambda _: None)
    other = replace(PLAN, talkers=(replace(TALKER, id="p2"),))
    with pytest.raises(UserError, match="it holds p1, who is not of this plan"):
        build.build(other, folder, 1, lambda _: None)
    assert not (folder / build.BUILDING).exists()


@pytest.mark.parametrize("harm", [lambda p: p.write_bytes(p.read_bytes()[:3000]), Path.unlink])
def test_a_talker_whose_files_were_harmed_is_made_again(built, tmp_path, monkeypatch, harm):
    folder = shutil.copytree(built[0], tmp_path / "copy")
    harm(folder / "p1.flac")
    monkeypatch.setattr(vtl, "MODULE", "no_such_synthesiser")
    with pytest.raises(UserError, match="pip install"):
        build.build(PLAN, folder, 1, lambda _: None)


def test_a_list_without_what_a_build_needs_is_named(tmp_path):
    (tmp_path / files.MANIFEST).write_text('{"format": 1, "recordings": []}')
    with pytest.raises(UserError, match=r"manifest.json: not a list .*sensor_seed: Field required"):
        build.build(PLAN, tmp_path, 1, lambda _: None)
    shutil.copytree(STORED, tmp_path / "copy")
    (listed := tmp_path / "copy" / files.MANIFEST).write_text(
        (STORED / files.MANIFEST).read_text().replace('"refused": {}', '"sex": "male"')
    )
    build.build(replace(PLAN), listed.parent, 1, lambda _: None)


@pytest.mark.parametrize("text", ["{", "[]", '{"digest": "5", "talker": {"id": "p1"}}'])
def test_a_broken_record_is_named(tmp_path, text):
    (tmp_path / build.BUILDING).mkdir()
    (tmp_path / build.BUILDING / lock.LOCK).touch()
    (tmp_path / build.BUILDING / "p1.record.json").write_text(text)
    with pytest.raises(UserError, match=r"p1\.record\.json: not a record .*; remove it, and"):
        build.build(PLAN, tmp_path, 1, lambda _: None)


def recorded(folder):
    """A folder in which the talker's files are there, and its record, but no list yet."""
    shutil.copytree(STORED, folder)
    listed = reader.manifest(folder)
    (folder / files.MANIFEST).unlink()
    (folder / build.BUILDING).mkdir()
    (folder / build.BUILDING / lock.LOCK).touch()
    takes = [take for take in PLAN.takes if take.talker == TALKER.id]
    code = build.digest(TALKER, takes)
    return {
        "digest": code,
        "talker": listed["talkers"][0] | {"digest": code},
        "files": listed["files"],
        "recordings": [*listed["recordings"].values()],
        "refused": {},
    }


def longer(record):
    """The last take, and its sound, ten frames longer than the files are."""
    last = record["recordings"][-1]
    last["frames"][1] += 10


RECORDS = {
    "the list": None,
    "frames: expected .* in its file, found": longer,
    "expected frames from 0 on, found 1": lambda r: r["recordings"][0]["frames"].__setitem__(0, 1),
    "its digests or files are not of one talker": lambda r: r.update(digest="5"),
    "recordings, row 1 .*: expected `audio`": lambda r: r["recordings"][0].pop("audio"),
    "found a list of 3 that is not of them": lambda r: r.update(refused={VOICED.id: "why"}),
    "pip install": lambda r: r["files"].update({"p1.flac": "0" * 64}),  # it is made again
}


@pytest.mark.parametrize("says", RECORDS)
def test_a_record_is_believed_where_it_is_of_the_files_and_the_plan(tmp_path, monkeypatch, says):
    monkeypatch.setattr(vtl, "MODULE", "no_such_synthesiser")
    folder = tmp_path / "here"
    record = recorded(folder)
    if change := RECORDS[says]:
        change(record)
    storage.write_json(folder / build.BUILDING / "p1.record.json", record)
    if change is None:
        build.build(PLAN, folder, 1, lambda _: None)
        assert [*reader.manifest(folder)["recordings"]] == [take.id for take in PLAN.takes]
        return
    with pytest.raises(UserError, match=says):
        build.build(PLAN, folder, 1, lambda _: None)


@pytest.mark.parametrize("name", ["building/notes.txt", "p1.flac", "notes.txt"])
def test_a_folder_of_other_files_is_left_as_it_is(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(UserError, match="expected an empty folder, or a corpus that was built"):
        build.build(PLAN, tmp_path, 1, lambda _: None)
    assert [p.read_text() for p in tmp_path.rglob("*") if p.is_file()] == ["mine"]
    with pytest.raises(UserError, match="expected a folder to write in"):
        build.build(PLAN, next(tmp_path.rglob("*.*")), 1, lambda _: None)


def test_a_take_that_the_synthesiser_refuses_is_left_out(built, tmp_path, monkeypatch):
    """And so is the silent take of it; the others are there."""
    del built
    api, said = vtl.load(), []

    def refuse(_, take, talker):
        if take.id == VOICED.id:
            raise api.VtlApiError("out of\n range")
        count = round(timing.timed(take, talker).duration * 100)
        still = np.zeros((count, 37, 2))
        pitch, quiet = still[:, 0, 0] + 100, np.zeros(160 * count, np.int16)
        return Rendered(still[:, :6], still, pitch, pitch > 200, quiet)

    monkeypatch.setattr(render, "render", refuse)
    build.build(PLAN, tmp_path, 2, said.append)
    assert [*reader.manifest(tmp_path)["recordings"]] == [OTHER.id]
    assert f"{VOICED.id} is left out, refused by the synthesiser: out of range" in said
    build.build(PLAN, tmp_path, 2, said.append)
    assert reader.manifest(tmp_path)["talkers"][0]["refused"] == {VOICED.id: "out of range"}


def test_the_list_does_not_tell_the_seed(built):
    folder, _ = built
    assert TALKER.seed not in (folder / files.MANIFEST).read_text()


def test_two_builds_do_not_meet(tmp_path):
    says = rf"another build is at work here \(process {os.getpid()}\)"
    with lock.locked(tmp_path), pytest.raises(UserError, match=says):
        build.build(PLAN, tmp_path, 1, lambda _: None)


def test_a_lock_names_nobody_once_a_build_was_interrupted_and_a_dead_one_is_told(tmp_path):
    held = tmp_path / build.BUILDING / lock.LOCK

    def interrupted():
        with lock.locked(tmp_path):
            assert held.read_text() == str(os.getpid())
            (held.parent / "made").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert held.read_text() == ""
    dead = subprocess.Popen(["true"])
    dead.wait()
    with lock.locked(tmp_path):
        held.write_text(str(dead.pid))
        says = rf"a build that was killed here \(process {dead.pid}\) has steps"
        with pytest.raises(UserError, match=says):
            build.build(PLAN, tmp_path, 1, lambda _: None)


def test_without_the_extra_a_build_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(vtl, "MODULE", "no_such_synthesiser")
    with pytest.raises(UserError, match=r"pip install -c constraints.txt -e '.\[synth\]'"):
        build.build(PLAN, tmp_path, 1, lambda _: None)


def full(path):
    raise OSError(28, "No space left on device", path)


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("function", "args", "said"),
    [
        (full, ("x.npz",), "take 1: .*No space left on device: 'x.npz'; build again to go on"),
        (killed, (), "take 1: its process ended with status -9"),
        (int, ("five",), "take 1: ValueError: invalid literal"),
    ],
)
def test_a_step_that_fails_is_named(function, args, said):
    with Pool() as pool:
        pool.start("key", "take 1", function, args)
        with pytest.raises(UserError, match=said):
            pool.finished()


if __name__ == "__main__":
    shutil.rmtree(STORED, ignore_errors=True)
    build.build(PLAN, STORED, 1)
