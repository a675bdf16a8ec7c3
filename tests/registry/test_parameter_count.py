import pytest

import toy
from benchmark import registry
from benchmark.core import UserError
from benchmark.execution import plan
from benchmark.registry import parameter_count

VARIANTS = (
    "# [tool.silentbench.variants]\n# small = {}\n# large = { width = 5 }\n# none = { width = 0 }\n"
)
BUILD = """

def published(width=2):
    import torch
    if width == 0:
        raise NotImplementedError
    if width < 0:
        raise ValueError("negative")
    return torch.nn.Linear(3, width)
"""


def of(folder, text):
    toy.project(folder, model=text)
    return parameter_count.of(registry.entries(folder).found["model"])


def test_every_variant_is_counted_at_its_published_size(tmp_path):
    assert of(tmp_path, toy.entry(extra=VARIANTS) + BUILD) == {
        "small": 8,
        "large": 20,
        "none": None,
    }


def test_an_entry_without_network_has_no_count(tmp_path):
    assert of(tmp_path, toy.entry()) == {"default": None}


def test_what_fails_is_said_by_name(tmp_path):
    wrong = VARIANTS.replace("width = 5", "width = -1")
    with pytest.raises(UserError, match="model: its size cannot be counted: ValueError: negative"):
        of(tmp_path, toy.entry(extra=wrong) + BUILD)


def test_entries_of_the_full_suite_run_when_asked_for(tmp_path):
    place = toy.project(tmp_path, small=toy.entry(), large=toy.entry(extra='# suite = "full"\n'))

    def names(**choice):
        chosen = plan.plan(place, plan.RunSelection(**choice), {"toy": toy.corpus()})
        return {job.entry for job in chosen.jobs}

    assert names() == {"small"}
    assert names(full=True) == names(entries=["small", "large"]) == {"small", "large"}
    assert names(entries=["large"]) == {"large"}


def test_an_unknown_suite_is_refused(tmp_path):
    toy.project(tmp_path, model=toy.entry(extra='# suite = "fast"\n'))
    (problem,) = registry.entries(tmp_path).problems
    assert "in the header, 'suite': Input should be 'main' or 'full'" in problem


def test_variants_are_run_by_name_and_published_sizes_only_so(tmp_path):
    extra = VARIANTS + '# paper = { size = "paper" }\n'
    place = toy.project(tmp_path, model=toy.entry(extra=extra), other=toy.entry())

    def names(variants):
        chosen = plan.plan(place, plan.RunSelection(variants=variants), {"toy": toy.corpus()})
        return {(job.entry, job.variant) for job in chosen.jobs}

    assert names("default") == {("model", "small"), ("other", "default")}
    assert ("model", "paper") not in names("all")
    assert len(names("all")) == 4
    assert names("large,paper") == {("model", "large"), ("model", "paper")}
    with pytest.raises(UserError, match="no variant is called 'larg'; nearest: large"):
        names("larg")
