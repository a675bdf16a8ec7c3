import os

import pytest

from benchmark.results import aggregation, environment
from example_result import RESULT

MB = 2**20
MEMINFO = "MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:    8388608 kB\n"


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch):
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(8)))


def system(folder, group="/a/b", **files):
    """A system with these files of control groups: `a_b__cpu_max` is a/b/cpu.max."""
    (folder / "proc/self").mkdir(parents=True)
    (folder / "proc/meminfo").write_text(MEMINFO)
    (folder / "proc/self/cgroup").write_text(f"4:memory:/old\n0::{group}\n")
    for name, text in files.items():
        place, _, file = name.rpartition("__")
        path = folder / "sys/fs/cgroup" / place.replace("_", "/") / file.replace("_", ".", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_without_limits_it_is_the_affinity_and_the_memory_of_the_machine(tmp_path):
    free = system(tmp_path / "free", a_b__cpu_max="max 100000\n", a_b__memory_max="max\n")
    for there in (free, system(tmp_path / "none", group="/")):
        assert environment.cores(there) == 8
        assert environment.memory_mb(there) == 16384
        assert environment.free_memory_mb(there) == 8192


def test_a_quota_of_any_group_above_counts(tmp_path):
    files = {"a_b__cpu_max": "max 100000\n", "a__cpu_max": "350000 100000\n"}
    assert environment.cores(system(tmp_path / "one", **files)) == 3
    assert environment.cores(system(tmp_path / "two", a_b__cpu_max="50000 100000")) == 1
    assert environment.cores(system(tmp_path / "top", group="/", __cpu_max="200000 100000")) == 2
    assert environment.cores(system(tmp_path / "far", c__cpu_max="100000 100000")) == 8


def test_slurm_gives_as_many_cores_as_it_says(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "4")
    assert environment.cores(tmp_path) == 4
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "64")
    assert environment.cores(tmp_path) == 8


def test_memory_is_that_of_the_smallest_group_less_what_it_holds(tmp_path):
    files = {
        "a_b__memory_max": f"{3000 * MB}\n",
        "a__memory_max": f"{2000 * MB}\n",
        "a__memory_current": f"{900 * MB}\n",
        "a__memory_stat": f"anon 5\ninactive_file {400 * MB}\n",
    }
    there = system(tmp_path, **files)
    assert environment.memory_mb(there) == 2000
    assert environment.free_memory_mb(there) == 1500


def test_of_this_machine_it_is_more_than_nothing():
    assert environment.cores() >= 1
    assert 0 < environment.free_memory_mb() <= environment.memory_mb()


def test_a_gpu_is_named_where_a_job_was_given_one(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "GPUS", tmp_path)
    assert environment.describe(tmp_path, gpu=True)["gpu"] is None
    for number in "12":
        (tmp_path / number).mkdir()
        (tmp_path / number / "information").write_text("Model: \t NVIDIA H200\nIRQ: 3\n")
    assert environment.describe(tmp_path, gpu=True)["gpu"] == "NVIDIA H200"
    assert "gpu" not in environment.describe(tmp_path)


def test_variables_that_reach_the_model_are_named_without_their_values(tmp_path, monkeypatch):
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    assert "LD_LIBRARY_PATH" not in environment.describe(tmp_path)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/home/me/lib")
    found = environment.describe(tmp_path, gpu=True)
    assert found["LD_LIBRARY_PATH"] == "set"
    result = RESULT.model_copy(update={"environment": found, "status": "failed"})
    kept = aggregation.aggregated(result, b"salt").environment
    assert not kept.keys() & {"gpu", "LD_LIBRARY_PATH", "commit"}
    assert kept["cores"] == found["cores"]
