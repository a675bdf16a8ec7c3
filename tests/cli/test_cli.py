"""The command line as a user meets it, each call in its own process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmark import __version__, registry
from benchmark.cli.app import MODULES, app, program

ROOT = Path(__file__).resolve().parents[2]


def call(*words, **environment):
    return subprocess.run(
        [sys.executable, ROOT / "run_benchmark.py", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", **environment},
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize(
    "verb",
    [
        "list",
        "run",
        "rescore",
        "metrics",
        "leaderboard",
        "data list",
        "data prepare",
        "data verify",
        "data check",
    ],
)
def test_help_of_a_command_ends_with_an_example(verb):
    done = call(*verb.split(), "--help")
    assert done.returncode == 0
    assert "Example: python run_benchmark.py" in done.stdout


def test_the_version_and_the_short_help_are_known():
    assert call("--version").stdout == f"SilentBench {__version__}\n"
    assert call("run", "-h").stdout == call("run", "--help").stdout


def test_every_verb_is_registered_by_the_module_that_is_named_for_it():
    whole = typer.main.get_command(program())
    assert sorted(whole.commands) == sorted(MODULES)
    for verb, module in MODULES.items():
        some = typer.main.get_command(program(verb))
        assert {*some.commands} == {each for each in MODULES if MODULES[each] == module}


def test_a_call_reads_the_module_of_its_verb_alone():
    script = (
        "import sys; from benchmark.cli.app import program; program('list');"
        "print(*sorted(name for name in sys.modules if name.startswith('benchmark.')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    read = done.stdout.split()
    assert "benchmark.cli.listing" in read
    assert not [name for name in read if "cli.run" in name or "cli.results" in name]
    # A misspelt verb is held against all.
    assert "Did you mean 'list', 'listen'?" in call("lst", PYTHONPATH=str(ROOT)).stderr


def test_options_of_run_stand_in_panels():
    text = call("run", "-h").stdout
    for panel in ("Which jobs to run", "How much", "Where jobs run", "Slurm", "Dask", "Safety"):
        assert f"─ {panel} ─" in text


@pytest.mark.parametrize(
    ("verb", "panels"),
    [
        ("train", ["What to train", "How much", "Safety"]),
        ("predict", ["How files are read", "How much", "Safety"]),
        ("verify", ["Which results to verify", "How much", "Safety"]),
        ("seal score", ["Which jobs to run", "How much", "Safety"]),
        ("contract", ["Which splits"]),
        ("list", []),  # which shares an option with those
    ],
)
def test_options_of_long_helps_stand_in_panels(verb, panels):
    text = CliRunner().invoke(app, [*verb.split(), "-h"]).output
    assert re.findall(r"(?m)^╭─ (.*?) ─+╮$", text)[-1 - len(panels) :] == ["Options", *panels]


def test_list_prints_every_task_and_entry():
    done = call("list")
    assert done.returncode == 0
    for name in (*registry.tasks(ROOT), *registry.entries(ROOT).found):
        assert name in done.stdout


def test_list_prints_json():
    listing = json.loads(call("list", "--json").stdout)
    task = next(t for t in listing["tasks"] if t["id"] == "emg_to_articulation")
    assert task["corpora"] == ["embedded", "gaddy2020"]
    assert task["metrics"][0]["id"] == "pearson.per_recording@1"
    assert task["metrics"][0]["direction"] == "higher"
    for field in ("title", "version", "licence", "citation"):
        assert task[field]
    assert {"mean", "blind", "ridge"} <= {e["id"] for e in listing["entries"]}
    assert all(e["variants"] for e in listing["entries"])


def test_metrics_prints_the_definition_and_source_of_each_metric_as_json():
    metrics = json.loads(call("metrics", "--json").stdout)
    ids = [metric["id"] for metric in metrics]
    assert len(set(ids)) == len(ids)
    assert "pearson.per_recording@1" in ids
    assert all(metric["definition"] and metric["source"] for metric in metrics)


def test_list_size_accepts_only_a_known_size():
    done = call("list", "--size", "papr")
    assert done.returncode == 2
    assert "'papr' is not one of 'paper'" in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("run", "--task", "emg_to_artic"),
            "no task is called 'emg_to_artic'; nearest: emg_to_art",
        ),
        (("run", "--entry", "rigde"), "no entry is called 'rigde'; nearest: ridge"),
        (("run", "--corpus", "sommach"), "no corpus is called 'sommach'; nearest: somach"),
        (("run", "--data", "/nowhere"), "--data /nowhere: expected a folder, found none"),
        (("check", "ridge", "--runs", "/dev/null"), "--runs /dev/null: cannot be made"),
        (("demo", "--runs", "/dev/null/x"), "--runs /dev/null/x: cannot be made"),
        (("data", "verify", "somach", "--data", "/nowhere"), "somach: not found under /nowhere"),
        (("data", "prepare", "embeded"), "nearest: embedded"),
    ],
)
def test_a_wrong_argument_is_reported_in_one_line_without_traceback(words, sentence):
    done = call(*words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--suite", "--executor", "--engine", "--isolation"])
def test_a_wrong_choice_is_refused_with_the_choices(option):
    done = call("run", option, "smok")
    assert done.returncode == 2
    assert "'smok' is not one of" in " ".join(done.stderr.split())


def test_data_list_shows_the_folder_or_how_to_get_the_corpus(tmp_path):
    done = call("data", "list", "--data", str(tmp_path))
    assert done.returncode == 0
    assert "not installed: " in done.stdout
    corpora = {c["id"]: c for c in json.loads(call("data", "list", "--json").stdout)}
    assert corpora["embedded"]["simulated"] is True
    assert corpora["embedded"]["folder"]


def test_data_verify_accepts_the_embedded_corpus():
    done = call("data", "verify", "embedded")
    assert done.returncode == 0, done.stderr
    assert "matches the published checksums" in done.stdout


def test_a_second_run_reuses_the_results_of_the_first(tmp_path):
    words = ["run", "--suite", "smoke", "--task", "emg_to_articulation", "--runs", str(tmp_path)]
    words += ["--entry", "mean", "--entry", "blind"]
    first = call(*words)
    assert first.returncode == 0, first.stderr
    assert "2 planned, 2 good" in first.stdout
    assert "1/2 good" in first.stderr  # plain lines where there is no terminal
    again = json.loads(call(*words, "--json").stdout)
    assert (again["planned"], again["good"], again["found_done"]) == (2, 2, 2)


def test_a_job_over_its_time_limit_is_reported_by_name(tmp_path):
    words = ["run", "--suite", "smoke", "--task", "emg_to_articulation", "--runs", str(tmp_path)]
    done = call(*words, "--entry", "articulation_conv", "--timeout", "0.1")
    assert done.returncode == 1
    assert "1 planned, 0 good, 1 timed out" in done.stdout
    assert "articulation_conv/default-seed0" in done.stdout
    assert "took longer than 0.1 s" in done.stdout


def test_leaderboard_check_fails_on_an_edited_page(tmp_path):
    assert call("leaderboard", "--check").returncode == 0
    copy = tmp_path / "project"
    copy.mkdir()
    for name in ("benchmark", "tasks", "baselines", "submissions", "run_benchmark.py"):
        (copy / name).symlink_to(ROOT / name)
    (copy / "leaderboard.md").write_text((ROOT / "leaderboard.md").read_text() + "\n")
    script = (
        "import sys, pathlib; from benchmark.cli import leaderboard as m; from benchmark.cli.app "
        "import app; m.ROOT = pathlib.Path(sys.argv.pop(1)); "
        "m.LEADERBOARD = m.ROOT / 'leaderboard.md'; app()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, copy, "leaderboard", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "leaderboard.md is out of date" in done.stderr
