"""The commands that a submission needs, from its template to a verified score."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pages import copy_project
from typer.testing import CliRunner

from benchmark import registry
from benchmark.cli import entries
from benchmark.cli.app import app
from benchmark.core import UserError
from benchmark.evaluation import submitted_predictions
from benchmark.execution import reproduce
from benchmark.results import entry_results

pytestmark = [
    pytest.mark.xdist_group("submitting"),  # these tests share a copy of the project
]
ROOT = Path(__file__).resolve().parents[2]
TASKS = sorted(registry.tasks(ROOT))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project without its results, which tests may write to; few recordings a split.

    Scores say nothing here, and those of all recordings would take most of the time.
    """
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder)
    splits = folder / "tasks" / "splits"
    small = splits / "embedded.smoke_sentences.json"
    for large in (*splits.glob("embedded.silent_*.json"), splits / "embedded.new_sentences.json"):
        shutil.copy(small, large)
    return folder


def call(project, *words, status=0):
    done = subprocess.run(
        [sys.executable, project / "run_benchmark.py", *map(str, words)],
        cwd=project,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "PYTHONPATH": str(project)},
        timeout=900,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("task", TASKS)
def test_a_template_is_short_and_passes_check(project, task):
    text = entries.template(task)
    assert len(text.splitlines()) <= 60
    call(project, "new", f"try_{task}", "--task", task)
    output = call(project, "check", f"try_{task}")
    assert "FAIL" not in output
    assert f"{task} repeats: the same seed gives the same predictions" in output


BAD = {
    "np.random.rand(*shape)": "repeats: two runs of one seed differ",
    "__import__('socket').create_connection(('127.0.0.1', 9))": "network: socket.connect",
    "open('/usr/mine', 'w')": "writes outside its scratch: /usr/mine",
    "np.zeros(3)": "expected shape",
    "np.full(shape, np.nan)": "NaN or infinite",
}


@pytest.mark.parametrize(("body", "sentence"), BAD.items())
def test_check_reports_each_problem(project, body, sentence):
    text = entries.template("emg_to_articulation")
    lines = text.splitlines()
    lines[-1] = f"        rng = np.random.default_rng(); return {body}"
    lines[-1] = lines[-1].replace("np.random.rand(*shape)", "rng.normal(size=shape)")
    (project / "submissions" / "bad.py").write_text("\n".join(lines) + "\n")
    output = call(project, "check", "bad", status=1)
    (line,) = (line for line in output.splitlines() if sentence in line)
    assert line.startswith("FAIL")


def test_check_finds_missing_dependencies(project):
    text = entries.template("emg_to_articulation")
    text = text.replace('dependencies = ["numpy"]', 'dependencies = ["nothing-like-this>=9"]')
    (project / "submissions" / "lacking.py").write_text(text)
    output = call(project, "check", "lacking", status=1)
    assert "nothing-like-this is not installed; pip install 'nothing-like-this>=9'" in output
    assert "numpy is imported; add 'numpy' to dependencies" in output


def test_check_finds_state_kept_between_calls_of_predict(project):
    text = entries.template("emg_to_articulation")
    text = text.replace("        return (x @", "        self.weights *= 1.1; return (x @")
    (project / "submissions" / "learning.py").write_text(text)
    output = call(project, "check", "learning", status=1)
    assert "keep nothing between calls of predict" in output


@pytest.fixture(scope="module")
def folder(project, tmp_path_factory):
    """Predictions as `contract` asks for them: noise for every recording."""
    contract = json.loads(call(project, "contract", "emg_to_articulation", "--json"))
    folder = tmp_path_factory.mktemp("predictions")
    split = contract["splits"][0]
    part = folder / split["split"]
    part.mkdir()
    rng = np.random.default_rng(1)
    for name, asked in split["recordings"].items():
        np.save(part / f"{name}.npy", rng.normal(size=asked["shape"]).astype(np.float32))
    manifest = {**contract["manifest"], "title": "Noise", "authors": ["Nobody"]}
    manifest["data"]["embedded.new_session"] = "0" * 64  # of the full suite, and not brought
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


SCORE = ["score", "noise", "--task", "emg_to_articulation", "--predictions"]


def test_score_publishes_predictions_made_elsewhere(project, folder):
    folds = project / "runs" / "prepared"
    before = {*folds.iterdir()}
    output = call(project, *SCORE, folder)
    assert "pearson.per_recording@1: " in output
    assert "left out: embedded.new_session: " in output
    assert {*folds.iterdir()} == before  # what is not brought is not read
    call(project, "leaderboard")
    page = (project / "docs" / "results" / "emg_to_articulation.md").read_text()
    rows = [line for line in page.splitlines() if re.match(r"\| (\d+|–) \| noise ", line)]
    assert len(rows) == 1
    assert "noise *predictions only*" in rows[0]
    assert rows[0].endswith("| not verified |")
    output = call(project, "verify", "noise", "--predictions", folder)
    assert "; 0 not reproduced, 0 not verifiable here" in output
    output = call(project, "verify", "noise", status=3)
    assert "not verifiable here: noise has no code, and its predictions are not in" in output
    (split,) = (path for path in folder.iterdir() if path.is_dir())
    beside = project / "submissions" / "noise" / "predictions"
    shutil.copytree(split, beside / split.name)
    told, _ = json.JSONDecoder().raw_decode(call(project, "score", "--name", "noise", "--json"))
    assert told["published"] == "submissions/noise/results.json"
    assert abs(told["scores"][0]["metrics"]["pearson.per_recording@1"]) < 0.1
    output = call(project, "verify", "noise", "--record", "ci")
    assert "1 of 1 results reproduced, 1 of them bit-equal; 0 not" in output
    assert "1 results recorded in submissions/_verified.json as verified by CI" in output
    shutil.rmtree(beside)
    call(project, "leaderboard")
    page = (project / "docs" / "results" / "emg_to_articulation.md").read_text()
    assert re.search(r"\| noise \*predictions only\* .*\| CI \|", page)
    assert "nothing to run" in call(project, "run", "noise", status=2)


def test_verify_fails_for_other_predictions(project, folder, tmp_path):
    call(project, *SCORE, folder)
    other = shutil.copytree(folder, tmp_path / "other")
    first = sorted(other.glob("*/*.npy"))[0]
    np.save(first, np.cumsum(np.load(first), axis=0))
    for path in sorted(other.glob("*/*.npy"))[1:]:
        np.save(path, np.cumsum(np.load(path), axis=0))
    output = call(project, "verify", "noise", "--predictions", other, status=1)
    assert "FAIL" in output
    assert "expected" in output
    assert "found" in output


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
def test_score_checks_all_predictions_before_it_scores_one(
    project, folder, tmp_path, sentence, harm
):
    copy = shutil.copytree(folder, tmp_path / "copy")
    harm(sorted(copy.glob("*/*.npy"))[2])
    output = call(project, "score", "wrong", *SCORE[2:], copy, status=2)
    assert sentence in output
    assert "Traceback" not in output
    assert not (project / "submissions" / "wrong").exists()


def test_folders_of_predictions_have_the_full_names_of_splits(project, folder, tmp_path):
    """Without its corpus, the name of a split may be that of another one."""
    output = call(project, "contract", "emg_to_articulation")
    assert "files embedded.new_sentences/RECORDING.npy" in output
    assert "embedded.new_session" not in output  # of the full suite
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "embedded.new_sentences").rename(copy / "new_sentences")
    output = call(project, *SCORE, copy, status=2)
    assert "new_sentences: expected a folder of the full name of its split: rename it to" in output
    assert "rename it to embedded.new_sentences" in " ".join(output.split())


def test_a_contract_of_the_full_suite_has_its_splits(project):
    said = [
        json.loads(call(project, "contract", "emg_to_text", "--json", *words))["manifest"]["data"]
        for words in ([], ["--suite", "full"])
    ]
    silent = {f"embedded.silent_from_{source}" for source in ("voiced", "silent", "both")}
    assert said[0].keys() == {"embedded.new_sentences"}
    assert said[1].keys() == {*said[0], *silent}


def test_recordings_may_have_slashes_and_dot_files_are_no_predictions(tmp_path):
    for name in ("one/two.npy", "three.v1.npz", ".DS_Store", "one/._two.npy"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert submitted_predictions._files(tmp_path) == {
        "one/two": tmp_path / "one" / "two.npy",
        "three.v1": tmp_path / "three.v1.npz",
    }


def test_score_refuses_predictions_for_other_data(project, folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["data"] = dict.fromkeys(manifest["data"], "0" * 64)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    output = call(project, *SCORE, copy, status=2)
    assert "not for today's data" in output


def test_a_name_is_used_by_one_entry_only(project, folder):
    output = call(project, "score", "ridge", *SCORE[2:], folder, status=2)
    assert "ridge is the name of another entry" in output
    for words in (("score", "../ridge", *SCORE[2:], folder), ("score", "--name", "../ridge")):
        output = call(project, *words, status=2)
        assert "a-z, 0-9 and _ only" in output
    output = call(project, "score", "ridge", "--name", "mean", status=2)
    assert "two names for one entry: ridge and --name mean" in output
    assert "name the entry that made the predictions" in call(project, "score", status=2)
    output = call(project, "score", "ridge", status=2)
    assert "manifest.json: there is no such file" in output
    output = call(project, "new", "ridge", "--task", "emg_to_text", status=2)
    assert "an entry ridge exists" in output


def test_check_and_verify_name_results_of_other_code(project):
    call(project, "new", "moved", "--task", "emg_to_text")
    call(project, "run", "moved")
    path = project / "submissions" / "moved.py"
    path.write_text(path.read_text() + "# the same model, but another file\n")
    sentence = "no row: submissions/moved.json:2: produced by other code than today's: run it again"
    assert f"note {sentence}" in call(project, "check", "moved")
    output = call(project, "verify", "moved", status=1)
    assert (
        "FAIL moved: emg_to_text embedded.new_sentences all default seed 0: the result is of"
        in output
    )
    assert "other code than today's" in output
    call(project, "leaderboard")
    page = (project / "docs" / "results" / "emg_to_text.md").read_text()
    assert "moved: produced by other code than today's: run it again" in page


def test_verify_names_what_it_cannot_run(project):
    call(project, "new", "leaving", "--task", "emg_to_text")
    call(project, "run", "leaving")
    path = project / "submissions" / "leaving.json"
    (good,) = entry_results.read_all(path)
    changes = ({"variant": "old"}, {"split": "embedded.old"}, {"fold": "old"})
    gone = [good.model_copy(update=change).sealed() for change in changes]
    entry_results.merge(path, gone, registry.tasks(ROOT))
    output = call(project, "verify", "leaving", status=3)
    assert "default seed 0: bit-equal" in output
    assert "not verifiable here: the entry has no variant 'old' today" in output
    assert "not verifiable here: the task has no split 'embedded.old' today" in output
    assert "not verifiable here: there is no such fold today" in output
    assert "1 of 4 results reproduced, 1 of them bit-equal; 0 not reproduced, 3 not" in output
    path.unlink()


def test_verify_baselines_goes_on_after_one_that_cannot_be_read(monkeypatch):
    def claimed(entry, *_):
        if entry.name == "ridge":
            raise UserError(f"{entry.name}: not a result")
        return []

    monkeypatch.setattr(reproduce, "claimed", claimed)
    done = CliRunner().invoke(app, ["verify", "--baselines"])
    assert done.exit_code == 1
    assert "skip mean: no result of what is asked for\nskip " in done.output
    assert "FAIL ridge: ridge: not a result\nskip " in done.output
    named = CliRunner().invoke(app, ["verify", "mean"])
    assert (named.exit_code, "skip" in named.output) == (2, False)


def test_a_forged_result_is_found_by_check_and_verify(project):
    """Edited by hand it does not fit its recordings; made anew it does, and is not reproduced."""
    call(project, "new", "forged", "--task", "emg_to_text")
    call(project, "run", "forged")
    path = project / "submissions" / "forged.json"
    (good,) = entry_results.read_all(path)
    text = path.read_text()
    path.write_text(re.sub(r'("scores":{"wer.corpus@1":)[0-9.]+', r"\g<1>0.0", text))
    output = call(project, "check", "forged", status=1)
    assert "FAIL no row: submissions/forged.json:2: " in output
    path.write_text(text)
    perfect = [
        item.model_copy(
            update={
                "measurements": {
                    name: m.model_copy(update={"statistics": (0.0, *m.statistics[1:])})
                    for name, m in item.measurements.items()
                }
            }
        )
        for item in good.items
    ]
    forged = good.model_copy(update={"items": tuple(perfect)}).sealed()
    entry_results.merge(path, [forged], registry.tasks(ROOT))
    assert "no row" not in call(project, "check", "forged")
    output = call(project, "verify", "forged", "--record", "maintainer", status=1)
    assert re.search(r"seed 0: wer.corpus@1: expected 0.0000, found \d\.\d+, beyond 0.02", output)
    assert "0 of 1 results reproduced" in output
    assert "0 results recorded" in output
