"""What the options of `run` become."""

import json

import pytest
from typer.testing import CliRunner

from benchmark.cli import options
from benchmark.cli.app import app
from benchmark.cli.running import run_options
from benchmark.cli.running.run_options import ExecutorOptions, JobOptions
from benchmark.core import UserError
from benchmark.execution.executors import slurm
from benchmark.execution.runner import Summary
from benchmark.worker.limits import Limits


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    monkeypatch.setattr(options.environment, "memory_mb", lambda: 1000.0)
    monkeypatch.setattr(options.backends, "strongest", lambda: "unshare")
    monkeypatch.setattr(options.backends, "problem", lambda _name: "")


@pytest.mark.parametrize(
    ("where", "asked", "memory_mb"),
    [
        (ExecutorOptions(workers=4), 0, 200),
        (ExecutorOptions("dask", workers=4), 0, 200),
        (ExecutorOptions("slurm", workers=4), 0, Limits().memory_mb),
        (ExecutorOptions("dask", workers=4, scheduler="tcp://far:1"), 0, Limits().memory_mb),
        (ExecutorOptions("slurm", workers=4), 500, 500),
    ],
)
def test_memory_is_a_share_of_this_machine_only_where_jobs_run_on_it(where, asked, memory_mb):
    assert JobOptions(memory=asked).config(where).limits.memory_mb == memory_mb


def no_sandbox():
    raise UserError("this machine has no sandbox")


def test_without_a_sandbox_only_trusted_code_runs_and_the_terminal_says_so(monkeypatch, capsys):
    monkeypatch.setattr(options.backends, "strongest", no_sandbox)
    with pytest.raises(UserError, match="this machine has no sandbox"):
        JobOptions().config(ExecutorOptions())
    assert JobOptions().config(ExecutorOptions("debug")).isolation == "process"
    assert capsys.readouterr().err == ""
    assert JobOptions(isolation="process").config(ExecutorOptions()).isolation == "process"
    assert capsys.readouterr().err.startswith("warning: no sandbox (--isolation process)")
    assert JobOptions(isolation="unshare").config(ExecutorOptions()).isolation == "unshare"
    assert capsys.readouterr().err == ""


def test_an_isolation_that_does_not_work_is_refused_with_its_reason(monkeypatch):
    monkeypatch.setattr(options.backends, "problem", lambda _name: "no bwrap")
    with pytest.raises(UserError, match=r"cannot isolate by bubblewrap \(no bwrap\)"):
        JobOptions(isolation="bubblewrap").config(ExecutorOptions())


def test_an_option_that_finished_jobs_did_not_follow_is_told():
    summary = Summary(5, otherwise_isolated=3)
    assert JobOptions().ignored(summary) == []
    assert JobOptions(isolation="process").ignored(Summary(5)) == []
    (sentence,) = JobOptions(isolation="process").ignored(summary)
    assert sentence.startswith("--isolation process was ignored for 3 reused results")
    assert "--again" in sentence


def test_a_check_whose_outcome_would_be_dropped_is_refused():
    with pytest.raises(UserError, match="--aggregates-only keeps nothing of --shuffle-check"):
        JobOptions(shuffle_check=True, aggregates=True).config(ExecutorOptions())


def test_timing_needs_this_machine_for_itself():
    assert JobOptions(timing=True).config(ExecutorOptions())
    with pytest.raises(UserError, match="--timing needs this machine for itself"):
        JobOptions(timing=True).config(ExecutorOptions("dask"))


def test_the_cores_of_the_login_node_say_nothing_of_a_queue():
    assert ExecutorOptions("slurm", workers=4, at_once=30).side_by_side == 30
    assert ExecutorOptions(workers=4, at_once=30).side_by_side == 4
    assert ExecutorOptions("debug", workers=4, at_once=30).side_by_side == 1


def test_as_many_jobs_at_once_as_there_are_cores():
    assert ExecutorOptions().workers == run_options.CORES == options.environment.cores()


def dry_run(*words):
    done = CliRunner().invoke(app, ["run", "--dry-run", *map(str, words)])
    return done.exit_code, done.output


def test_a_file_sets_options_and_the_command_line_counts_more(tmp_path):
    words = ("mean", "--task", "emg_to_text", "--corpus", "embedded", "--seeds", "2")
    status, printed = dry_run(*words, "--runs", tmp_path)
    assert status == 0
    file = tmp_path / "run.toml"
    file.write_text(printed.partition("--config:\n")[2])
    assert dry_run("--config", file) == (0, printed)
    status, once = dry_run("--config", file, "--seeds", 1)
    assert status == 0
    assert "seeds = 1\n" in once
    assert "1 of 1 jobs" in once
    _, printed = dry_run("mean", "--entry", "blind", "--task", "emg_to_text", "--runs", tmp_path)
    assert 'entries = ["mean", "blind"]\n' in printed  # however they were named


@pytest.mark.parametrize(
    ("content", "said"),
    [("sedes = 2", "no option 'sedes'; there is seeds"), ("seeds = ", "not readable as TOML")],
)
def test_a_file_that_is_wrong_is_refused_by_name(tmp_path, content, said):
    file = tmp_path / "run.toml"
    file.write_text(content)
    status, printed = dry_run("--config", file)
    assert status == 2
    assert said in " ".join(printed.split())


def test_a_plan_is_json_on_request(tmp_path):
    words = ("mean", "--task", "emg_to_text", "--corpus", "embedded", "--seeds", "2")
    status, printed = dry_run(*words, "--runs", tmp_path, "--json")
    told = json.loads(printed)
    assert status == 0
    assert (told["planned"], told["to_do"], told["would_not_run"]) == (2, 2, 0)
    (part,) = told["parts"]
    assert (part["task"], part["split"]) == ("emg_to_text", "embedded.new_sentences")
    assert (part["folds_ready"], part["problem"]) == (False, None)
    assert told["options"]["entries"] == ["mean"]
    assert told["options"]["seeds"] == 2
    assert told["at_once"] == run_options.CORES


def test_a_dry_run_finds_what_a_run_would(tmp_path, monkeypatch):
    status, printed = dry_run("--data", tmp_path / "nowhere")
    assert (status, "expected a folder, found none" in printed) == (2, True)
    monkeypatch.setattr(slurm.shutil, "which", lambda _: None)
    status, printed = dry_run("--executor", "slurm")
    assert (status, "there is no sbatch" in printed) == (2, True)
