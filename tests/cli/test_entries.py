"""The way of a submission, from the template to a trusted score, by the command line."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmark import registry
from benchmark.cli import entries

pytestmark = pytest.mark.xdist_group("submitting")  # they share a copy of the project
ROOT = Path(__file__).resolve().parents[2]
TASKS = sorted(registry.tasks(ROOT))
PATIENCE = 300  # seconds, from `new` to a score


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project without its results, which a test may fill."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("benchmark", "tasks", "submissions", "docs", "run_benchmark.py"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    (folder / "baselines").mkdir()
    for path in (ROOT / "baselines").glob("*.py"):
        shutil.copy(path, folder / "baselines")
    return folder


def call(project, *words, status=0):
    done = subprocess.run(
        [sys.executable, project / "run_benchmark.py", *map(str, words)],
        cwd=project,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "PYTHONPATH": str(project)},
        timeout=240,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("task", TASKS)
def test_a_template_is_short_and_good_for_its_task(project, task):
    text = entries.template(task)
    assert len(text.splitlines()) <= 30
    call(project, "new", f"try_{task}", "--task", task)
    said = call(project, "check", f"try_{task}")
    assert "MEND" not in said
    assert f"{task} repeats: the same seed gives the same predictions" in said


def test_from_new_to_a_score_in_minutes(project):
    start = time.monotonic()
    call(project, "new", "quick", "--task", "emg_to_articulation")
    assert "MEND" not in call(project, "check", "quick")
    call(project, "run", "--entry", "quick", "--corpus", "embedded")
    assert time.monotonic() - start < PATIENCE
    assert "| quick |" in (project / "leaderboard.md").read_text()
    said = call(project, "verify", "quick")
    assert "0 not as claimed" in said


BAD = {
    "np.random.rand(*shape)": "repeats: two runs of one seed differ",
    "__import__('socket').create_connection(('127.0.0.1', 9))": "network: socket.connect",
    "open('/usr/mine', 'w')": "writes outside its scratch: /usr/mine",
    "np.zeros(3)": "expected shape",
    "np.full(shape, np.nan)": "NaN or infinite",
}


@pytest.mark.parametrize(("body", "sentence"), BAD.items())
def test_a_check_names_what_is_to_be_mended(project, body, sentence):
    text = entries.template("emg_to_articulation")
    lines = text.splitlines()
    lines[-1] = f"        rng = np.random.default_rng(); return {body}"
    lines[-1] = lines[-1].replace("np.random.rand(*shape)", "rng.normal(size=shape)")
    (project / "submissions" / "bad.py").write_text("\n".join(lines) + "\n")
    said = call(project, "check", "bad", status=1)
    (line,) = (line for line in said.splitlines() if sentence in line)
    assert line.startswith("MEND")


def test_a_check_sees_what_is_missing(project):
    text = entries.template("emg_to_articulation")
    text = text.replace('dependencies = ["numpy"]', 'dependencies = ["nothing-like-this>=9"]')
    (project / "submissions" / "lacking.py").write_text(text)
    said = call(project, "check", "lacking", status=1)
    assert "nothing-like-this is not installed; pip install 'nothing-like-this>=9'" in said
    assert "numpy is imported; add 'numpy' to dependencies" in said


def test_a_check_sees_what_is_kept_between_calls(project):
    text = entries.template("emg_to_articulation")
    text = text.replace("        return np.array(", "        self.power *= 1.1; return np.array(")
    (project / "submissions" / "learning.py").write_text(text)
    said = call(project, "check", "learning", status=1)
    assert "keep nothing between calls of predict" in said


@pytest.fixture(scope="module")
def folder(project, tmp_path_factory):
    """Predictions as the contract asks for them: zeros for every recording."""
    told = json.loads(call(project, "contract", "emg_to_articulation", "--json"))
    folder = tmp_path_factory.mktemp("predictions")
    (split,) = told["splits"]
    part = folder / split["split"].partition(".")[2]
    part.mkdir()
    rng = np.random.default_rng(1)
    for name, asked in split["recordings"].items():
        np.save(part / f"{name}.npy", rng.normal(size=asked["shape"]).astype(np.float32))
    manifest = {**told["manifest"], "title": "Noise", "authors": ["Nobody"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


SCORE = ["score", "--task", "emg_to_articulation", "--name", "noise", "--predictions"]


def test_predictions_are_scored_without_code(project, folder):
    said = call(project, *SCORE, folder)
    assert "pearson.per_recording@1: " in said
    call(project, "leaderboard")
    page = (project / "docs" / "results" / "emg_to_articulation.md").read_text()
    rows = [line for line in page.splitlines() if re.match(r"\| (\d+|–) \| noise ", line)]
    assert len(rows) == 1
    assert "noise *predictions only*" in rows[0]
    said = call(project, "verify", "noise", "--predictions", folder)
    assert "0 not as claimed" in said
    assert "name its folder with --predictions" in call(project, "verify", "noise", status=2)
    assert "nothing to run" in call(project, "run", "--entry", "noise", status=2)


def test_other_predictions_are_not_what_was_claimed(project, folder, tmp_path):
    call(project, *SCORE, folder)
    other = shutil.copytree(folder, tmp_path / "other")
    first = sorted(other.glob("*/*.npy"))[0]
    np.save(first, np.cumsum(np.load(first), axis=0))
    for path in sorted(other.glob("*/*.npy"))[1:]:
        np.save(path, np.cumsum(np.load(path), axis=0))
    said = call(project, "verify", "noise", "--predictions", other, status=1)
    assert "FAIL" in said
    assert "expected" in said
    assert "found" in said


def change(path, array):
    np.save(path, array)


WRONG = {
    "shape": lambda path: change(path, np.zeros((3, 14), np.float32)),
    "NaN": lambda path: change(path, np.full_like(np.load(path), np.nan)),
    "real numbers": lambda path: change(path, np.load(path).astype(complex)),
    "not there": lambda path: path.unlink(),
    "no recording of the test part": lambda path: shutil.copy(path, path.with_name("more.npy")),
    "not an array": lambda path: path.write_bytes(b"\x80\x04garbage"),
    "nothing else": lambda path: path.with_suffix(".pkl").write_bytes(b""),
    "another size": lambda path: path.write_bytes(path.read_bytes()[:-4]),
    "Python objects": lambda path: np.save(path, np.array([{}, {}]), allow_pickle=True),
}


@pytest.mark.parametrize(("sentence", "harm"), WRONG.items())
def test_predictions_are_checked_before_any_is_scored(project, folder, tmp_path, sentence, harm):
    copy = shutil.copytree(folder, tmp_path / "copy")
    harm(sorted(copy.glob("*/*.npy"))[2])
    said = call(project, *SCORE[:3], "--name", "wrong", "--predictions", copy, status=2)
    assert sentence in said
    assert "Traceback" not in said
    assert not (project / "submissions" / "wrong").exists()


def test_predictions_for_other_data_are_refused(project, folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["data"] = dict.fromkeys(manifest["data"], "0" * 64)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    said = call(project, *SCORE, copy, status=2)
    assert "not for today's data" in said


def test_a_name_is_given_once(project, folder):
    said = call(project, *SCORE[:3], "--name", "ridge", "--predictions", folder, status=2)
    assert "ridge is the name of another entry" in said
    said = call(project, *SCORE[:3], "--name", "../ridge", "--predictions", folder, status=2)
    assert "a-z, 0-9 and _ only" in said
    said = call(project, "new", "ridge", "--task", "emg_to_text", status=2)
    assert "there is an entry called ridge already" in said


def test_results_of_other_code_are_not_verified(project):
    call(project, "new", "moved", "--task", "emg_to_text")
    call(project, "run", "--entry", "moved")
    path = project / "submissions" / "moved.py"
    path.write_text(path.read_text() + "# the same model, but another file\n")
    said = call(project, "verify", "moved", status=1)
    assert (
        "FAIL moved: emg_to_text embedded.new_sentences all default seed 0: the result is of"
        in said
    )
    assert "other code than today's" in said
    call(project, "leaderboard")
    page = (project / "docs" / "results" / "emg_to_text.md").read_text()
    assert "moved: made by other code than today's: run it again" in page


def test_a_changed_result_is_found_out(project):
    call(project, "new", "changed", "--task", "emg_to_text")
    call(project, "run", "--entry", "changed")
    path = project / "submissions" / "changed.json"
    good = path.read_text()
    path.write_text(good.replace('"seed":0', '"seed":1', 1))
    assert "does not match its seal" in call(project, "leaderboard", status=2)
    path.write_text(good)
    call(project, "leaderboard")
