import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from benchmark.core import Job
from benchmark.execution.sharing import leases

JOB = Job("t", "c.s", "f", "e", "default", 0, "d" * 64, "c" * 64)


@pytest.fixture
def path(tmp_path):
    return leases.path_of(tmp_path, JOB)


def foreign(path, count=0, **changes):
    """A lease of another machine."""
    said = {"owner": "o", "count": count, "host": "far", "boot": "b", "process": 1, "started": "1"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**said, **changes}))


def test_only_one_of_many_has_it(tmp_path, path):
    taken = []
    threads = [
        threading.Thread(target=lambda: taken.append(leases.acquire(tmp_path, JOB)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(lease is not None for lease in taken) == 1
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # nothing else is left


def test_it_is_given_back(tmp_path, path):
    with leases.acquire(tmp_path, JOB):
        assert leases.acquire(tmp_path, JOB) is None
        assert leases.holder(tmp_path, JOB)
    assert not path.exists()
    assert leases.holder(tmp_path, JOB) == ""
    assert leases.acquire(tmp_path, JOB) is not None


def test_of_a_dead_process_it_is_stale_at_once(tmp_path):
    text = (
        "from pathlib import Path; from benchmark.execution.sharing import leases;"
        "from tests_job import JOB;"
        f"leases.acquire(Path({str(tmp_path)!r}), JOB)"
    )
    (tmp_path / "tests_job.py").write_text(f"from benchmark.core import Job\nJOB = {JOB!r}\n")
    root = Path(__file__).resolve().parents[2]
    subprocess.run(
        [sys.executable, "-c", text], check=True, env={"PYTHONPATH": f"{root}:{tmp_path}"}
    )
    assert leases.path_of(tmp_path, JOB).exists()
    assert leases.holder(tmp_path, JOB) == ""
    assert leases.acquire(tmp_path, JOB) is not None


def test_of_a_process_that_is_dead_but_not_buried_too(tmp_path, path):
    child = subprocess.Popen(["true"])
    lease = leases.acquire(tmp_path, JOB)
    said = json.loads(lease.content())
    deadline = time.monotonic() + 10
    while leases._started(child.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    assert fields[0] == "Z"
    foreign(path, boot=said["boot"], process=child.pid, started=fields[19])
    assert leases.acquire(tmp_path, JOB) is not None
    child.wait()


def test_a_lease_that_ended_is_not_counted_up_again(tmp_path, path, monkeypatch):
    monkeypatch.setattr(leases, "HEARTBEAT", 0.0)
    for _ in range(50):
        with leases.acquire(tmp_path, JOB):
            time.sleep(0.002)
        assert not path.exists()
        time.sleep(0.002)
        assert not path.exists()


def test_a_full_disk_ends_no_lease(tmp_path, path, monkeypatch):
    def full(*_):
        raise OSError(28, "no space")

    monkeypatch.setattr(leases, "HEARTBEAT", 0.01)
    with leases.acquire(tmp_path, JOB) as lease:
        with monkeypatch.context() as patch:
            patch.setattr(leases.storage, "write_whole", full)
            time.sleep(0.1)
        before = lease.count
        time.sleep(0.1)
        assert lease.count > before
        assert json.loads(path.read_bytes())["count"] > 0


def test_of_another_machine_it_is_stale_when_it_does_not_count(tmp_path, path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(leases.time, "monotonic", lambda: now[0])
    foreign(path)
    assert leases.acquire(tmp_path, JOB) is None
    now[0] += leases.STALE * 0.9
    foreign(path, count=1)  # it lives
    assert leases.acquire(tmp_path, JOB) is None
    now[0] += leases.STALE * 0.9
    assert leases.acquire(tmp_path, JOB) is None
    now[0] += leases.STALE * 0.2
    assert leases.acquire(tmp_path, JOB) is not None


def test_an_owner_counts_while_at_work(tmp_path, path, monkeypatch):
    monkeypatch.setattr(leases, "HEARTBEAT", 0.01)
    with leases.acquire(tmp_path, JOB):
        deadline = threading.Event()
        for _ in range(500):
            if json.loads(path.read_bytes())["count"] > 2:
                break
            deadline.wait(0.01)
        assert json.loads(path.read_bytes())["count"] > 2


def test_who_was_taken_for_dead_leaves_the_new_lease_alone(tmp_path, path):
    with leases.acquire(tmp_path, JOB):
        foreign(path)
    assert json.loads(path.read_bytes())["owner"] == "o"


def test_a_lease_that_came_in_place_of_a_stale_one_stays(path):
    foreign(path, owner="new")
    leases._remove(path, "old")
    assert json.loads(path.read_bytes())["owner"] == "new"
    leases._remove(path, "new")
    assert not path.exists()


def test_a_lease_that_cannot_be_read_is_nobody_elses(tmp_path, path, monkeypatch):
    """Such as on a network file system that fails for a moment: its owner may well live."""
    real = Path.read_bytes

    def stale_handle(file):
        if JOB.key.name in file.name:
            raise OSError(116, "stale file handle")
        return real(file)

    foreign(path, boot=leases.ourselves()["boot"])  # of a dead process of this machine
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", stale_handle)
        assert leases.acquire(tmp_path, JOB) is None
        assert leases.holder(tmp_path, JOB) == leases.UNREADABLE
        leases._remove(path, "o")
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert leases.acquire(tmp_path, JOB) is not None


def test_an_owner_goes_on_when_its_lease_cannot_be_read_for_a_moment(tmp_path, monkeypatch):
    def fail(_path):
        raise OSError(5, "input/output error")

    monkeypatch.setattr(leases, "HEARTBEAT", 0.01)
    with leases.acquire(tmp_path, JOB) as lease:
        with monkeypatch.context() as patch:
            patch.setattr(leases, "_read", fail)
            time.sleep(0.1)
        before = lease.count
        time.sleep(0.1)
        assert lease.count > before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_what_is_no_lease_is_taken_away(tmp_path, path, content):
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert leases.acquire(tmp_path, JOB) is not None
