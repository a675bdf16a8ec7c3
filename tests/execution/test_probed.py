"""One job of each entry is probed, and nobody can foresee which."""

from collections import Counter
from dataclasses import replace

import pytest

import toy
from benchmark.execution import job as working
from benchmark.execution import plan, runner
from benchmark.results.result import Probes
from benchmark.sandbox.request import run_secret

TWO = "# [tool.silentbench.variants]\n# small = { width = 2 }\n# large = { width = 9 }\n"


@pytest.fixture
def place(tmp_path):
    return toy.project(tmp_path, one=toy.entry(extra=TWO), two=toy.entry())


def planned(place, **choice):
    return plan.plan(
        place, plan.RunSelection(**{"variants": "all", "seeds": 4, **choice}), {"toy": toy.corpus()}
    )


def given(place, chosen, probes=None, **changes):
    """The requests of a run whose jobs all end with these probes; None: without a result."""
    requests = []

    def run(jobs):
        requests.extend(jobs)
        for request in requests:
            result = None
            if probes is not None:
                result = working.record_failure(request, "failed", "of no matter")
                good = {"status": "good", "reason": "", "probes": probes}
                result = result.model_copy(update=good).sealed()
                request.result.write_text(result.dump())
            yield working.JobOutcome(request.job, result, "")

    runner.run(place, chosen, working.Executor(run), replace(toy.CONFIG, **changes))
    return requests


def probed(requests):
    return {request.job for request in requests if request.probed}


def test_one_job_of_each_entry_and_variant_is_probed(place):
    requests = given(place, planned(place))
    assert len(requests) == 24
    groups = Counter((job.entry, job.variant) for job in probed(requests))
    assert groups == {("one", "small"): 1, ("one", "large"): 1, ("two", "default"): 1}


def test_it_is_the_same_one_again_in_this_folder_and_another_one_elsewhere(place):
    first = probed(given(place, planned(place)))
    assert probed(given(place, planned(place))) == first
    others = set()
    for _ in range(8):
        (place.runs / "secret").unlink()
        others |= probed(given(place, planned(place)))
    assert len(others) > len(first)


def test_each_is_probed_if_asked(place):
    requests = given(place, planned(place), shuffle=True)
    assert probed(requests) == {request.job for request in requests}


def test_what_was_probed_before_is_not_probed_in_another_job(place):
    entry = {"entries": ["two"]}
    some = given(place, planned(place, seeds=1, **entry), Probes(order_change=0.0))
    assert len(probed(some)) == 1
    more = given(place, planned(place, **entry))
    assert len(more) == 6
    assert not probed(more)


def test_an_entry_with_results_that_were_never_probed_is_probed_in_a_new_job(place):
    entry = {"entries": ["two"]}
    given(place, planned(place, seeds=1, **entry), Probes())
    assert len(probed(given(place, planned(place, **entry)))) == 1


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path):
    secret = run_secret(tmp_path / "runs")
    assert len(secret) == 32
    assert run_secret(tmp_path / "runs") == secret
    assert (tmp_path / "runs" / "secret").stat().st_mode & 0o777 == 0o600
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["secret"]
    assert run_secret(tmp_path / "other") != secret
