"""Against a real Dask scheduler with two workers, each behind a network cable of its own."""

import json
import sys
import time

import pytest

import dask_here
import toy
from benchmark.core import UserError
from benchmark.execution.executors import dask
from launching import LINEAR, finish, result_files, results, start, wait_for, working
from parts import needs

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("dask")]


@pytest.fixture
def cluster(tmp_path):
    needs("distributed", "root", "ip", "network namespaces")
    with dask_here.cluster(tmp_path) as found:
        yield found


def slow(folder, seconds):
    return toy.project(folder, slow=toy.entry(f"time.sleep({seconds})", LINEAR))


def test_a_killed_worker_loses_one_job_which_the_next_run_does(cluster, tmp_path):
    place = slow(tmp_path / "p", 3)
    launcher = start(place, f"dask={cluster.address}", seeds=3)
    wait_for(lambda: len(result_files(place)) >= 2 and len(working(place)) == 2)
    time.sleep(1.5)  # both are in the middle of a job
    cluster.kill(0)
    code, said = finish(launcher)
    assert code == 1, said
    assert said.count("not run: ") == 1
    assert "its worker ended: KilledWorker" in said
    assert len(result_files(place)) == 5
    code, said = finish(start(place, f"dask={cluster.address}", seeds=3))
    assert code == 0, said
    assert len(results(place)) == 6
    assert not working(place)


def test_a_worker_that_is_cut_off_does_no_job_beside_somebody_else(cluster, tmp_path):
    place = slow(tmp_path / "p", 12)
    launcher = start(place, f"dask={cluster.address}", seeds=1)
    wait_for(lambda: len(working(place)) == 2)
    cluster.cut_off(1)
    _, said = finish(launcher)
    # The one that was cut off goes on by itself, so its job is lost or done, but never done twice.
    assert said.count("not run: ") <= 1
    again, later = finish(start(place, f"dask={cluster.address}", seeds=1))
    assert again == 0, later
    assert len(results(place)) == 2
    made = [json.loads(path.read_bytes()) for path in result_files(place)]
    assert len(made) == 2
    began = [path.stat().st_mtime for path in (place.runs / "logs").rglob("*.evaluator.log")]
    assert len(began) == 2
    # Nobody began a job anew while the one that was cut off was still at it.
    assert max(began) - min(began) < 10 or said.count("not run: ") == 1, (began, said)


def test_results_are_the_same_wherever_jobs_ran(cluster, tmp_path):
    found = []
    for name in (f"dask={cluster.address}", "local"):
        noise = "self.noise = np.random.normal()"
        predict = LINEAR.replace("reshape(shape)", "reshape(shape) + self.noise")
        place = toy.project(tmp_path / name[:4], one=toy.entry(noise, predict), two=toy.entry())
        code, said = finish(start(place, name, seeds=2))
        assert code == 0, said
        found.append(results(place))
    assert found[0] == found[1]
    assert len(found[0]) == 8


@pytest.mark.needs("distributed")
def test_a_cluster_of_this_machine_needs_nobody_else(tmp_path):
    place = toy.project(tmp_path, one=toy.entry(predict=LINEAR))
    code, said = finish(start(place, "dask=", seeds=2))
    assert code == 0, said
    assert len(results(place)) == 4


@pytest.mark.needs("distributed")
def test_without_a_scheduler_it_says_so(monkeypatch):
    monkeypatch.setattr(dask, "CONNECT", "200ms")
    with pytest.raises(UserError, match=r"no Dask scheduler answers at tcp://127.0.0.1:1"):
        dask.dask_executor("tcp://127.0.0.1:1")  # as soon as it is asked for, so in a dry run too


def test_without_dask_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"pip install 'silentbench\[dask\]'"):
        list(dask.dask_executor().run([]))
