"""Sizes are counted by the entry's code, in a sandbox that shows it nothing else."""

import errno
import os
import socket
from dataclasses import replace

import pytest

import toy
from benchmark import registry
from benchmark.core import MachineFault, Paths, UserError
from benchmark.execution import plan
from benchmark.sandbox import backends, parameter_count, workspace

VARIANTS = (
    "# [tool.silentbench.variants]\n# small = {}\n# large = { width = 5 }\n# none = { width = 0 }\n"
)
BUILD = """

class Weight:
    def __init__(self, width, learnt=True):
        self.width, self.requires_grad = width, learnt

    def numel(self):
        return self.width


def published(width=2):
    if width == 0:
        raise NotImplementedError
    if width < 0:
        raise ValueError("negative")
    weights = [Weight(3 * width), Weight(width), Weight(7, learnt=False)]
    return type("Layer", (), {"parameters": lambda _self: weights})()
"""


def entry_of(folder, text):
    toy.project(folder, model=text)
    return registry.entries(folder).found["model"]


def of(folder, text, **limits):
    limits = replace(parameter_count.LIMITS, **limits)
    return parameter_count.of(entry_of(folder, text), backends.strongest(), limits)


@pytest.mark.parametrize("backend", backends.BACKENDS)
def test_every_variant_is_counted_at_its_published_size(tmp_path, backend):
    if not backends.is_available(backend):
        pytest.skip(f"needs {backend}")
    entry = entry_of(tmp_path, toy.entry(extra=VARIANTS) + BUILD)
    counts = {"small": 8, "large": 20, "none": None}
    assert parameter_count.of(entry, backend) == counts


def test_an_entry_without_network_has_no_count(tmp_path):
    assert of(tmp_path, toy.entry()) == {"default": None}


def test_what_fails_is_said_by_name(tmp_path):
    wrong = VARIANTS.replace("width = 5", "width = -1")
    with pytest.raises(UserError, match="model: its size cannot be counted: ValueError: negative"):
        of(tmp_path, toy.entry(extra=wrong) + BUILD)


ATTACK = """

def published():
    import os, pathlib, socket
    root = pathlib.Path({root!r})
    got = []
    for path in (root / "secret", root / "data" / "secret", root / "tasks" / "toy.py"):
        try:
            got.append(path.read_text())
        except OSError:
            pass
    for path in (root / "baselines" / "model.json", root / "written", pathlib.Path(__file__)):
        try:
            path.write_text("mine")
            got.append(f"wrote {{path}}")
        except OSError:
            pass
    try:
        socket.create_connection(("127.0.0.1", {port}), timeout=2)
        got.append("network")
    except OSError:
        pass
    if "SECRET_TOKEN" in os.environ:
        got.append("environment")
    raise SystemExit(f"got {{got}}")
"""


def test_it_reads_nothing_of_the_project_and_writes_nothing_to_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        root = tmp_path / "project"
        entry = entry_of(root, toy.entry() + ATTACK.format(root=str(root), port=port))
        (root / "secret").write_text("secret")
        (root / "data" / "secret").write_text("secret")
        before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
        with pytest.raises(UserError, match=r"cannot be counted: got \[\]$"):
            parameter_count.of(entry, backends.strongest())
    assert before == {path: path.stat().st_mtime_ns for path in root.rglob("*")}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import time; time.sleep(60)", "took longer than 4 s"),
        ("x = bytearray(400 * 2**20); import time; time.sleep(60)", "used more than 200 MB"),
        ("import os; os._exit(0)", "it ended without a word"),
        ("print({'default': 7}); raise SystemExit", "{'default': 7}"),
    ],
)
def test_it_has_limits_and_only_counts_are_taken(tmp_path, body, reason):
    text = toy.entry() + f"\n\ndef published():\n    {body}\n"
    with pytest.raises(UserError, match=f"its size cannot be counted: {reason}"):
        of(tmp_path, text, seconds=4.0, memory_mb=200)


@pytest.mark.parametrize("size", [-1, 2**63, 1.5, "'many'", "True"])
def test_a_count_that_is_none_is_refused(tmp_path, size):
    weight = "type('W', (), {'numel': lambda _self: SIZE})()".replace("SIZE", str(size))
    network = f"type('N', (), {{'parameters': lambda _self: [{weight}]}})()"
    text = toy.entry() + f"\n\ndef published():\n    return {network}\n"
    if size == "True":
        assert of(tmp_path, text) == {"default": 1}  # as a sum has it
    else:
        with pytest.raises(UserError, match="its size cannot be counted"):
            of(tmp_path, text)


def full(**_options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_fails_while_a_sandbox_is_made_is_the_fault_of_the_machine(tmp_path, monkeypatch):
    for module in (parameter_count, workspace):
        monkeypatch.setattr(module, "TemporaryDirectory", full)
    entry = entry_of(tmp_path, toy.entry())
    with pytest.raises(MachineFault, match=r"no sandbox can be made to count in: .*No space left"):
        parameter_count.of(entry, toy.CONFIG.isolation)
    paths = Paths(tmp_path, tmp_path / "data", tmp_path / "runs")
    chosen = plan.plan(paths, plan.RunSelection(), {"toy": toy.corpus()})
    request = toy.requests(paths, chosen)[0]
    with (
        pytest.raises(MachineFault, match=r"no sandbox can be made for a model here: .*No space"),
        workspace.worker(request, entry, tmp_path / "kept", tmp_path / "log"),
    ):
        pass
