"""What `--json` prints: one value on standard output, and the same facts as the text."""

import json

import commands
import pytest
from typer.testing import CliRunner

import toy
from benchmark import registry
from benchmark.cli.app import app
from benchmark.data import splits

ALONE = ["--isolation", "process", "--workers", "2"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = toy.project(
        tmp_path_factory.mktemp("json"),
        good=toy.entry(predict=toy.SUM),
        other=toy.entry(predict=toy.SUM + " * 0.5 + np.random.default_rng(0).normal(size=shape)"),
        broken=toy.entry("raise ValueError('no')"),
    )
    fold = splits.by_group(toy.recordings(place.data), "text", ["sentence 4"], ["sentence 5"])
    splits.write(registry.split_file(place.root, "toy.all"), "new", ["text"], {"a": fold})
    return place


@pytest.fixture
def call(place, monkeypatch):
    monkeypatch.setattr(registry, "corpora", lambda: {"toy": toy.corpus()})
    commands.move(monkeypatch, place.root)

    def called(*words, status=0):
        done = CliRunner().invoke(app, list(words))
        assert done.exit_code == status, done.output
        return json.loads(done.stdout)

    return called


@pytest.fixture
def folders(place):
    return ["--data", str(place.data), "--runs", str(place.runs)]


def test_every_verb_that_prints_results_has_json(call, folders, place):
    told = call("run", *folders, *ALONE, "--json", status=1)
    assert (told["good"], told["failed"]) == (2, 1)
    scores = {one["entry"]: one["metrics"]["pearson.per_recording@1"] for one in told["scores"]}
    assert scores["good"]["value"] > scores["other"]["value"]

    written = call("leaderboard", "--json", *folders)
    assert "leaderboard.md" in "".join(written["pages"])
    assert written["tables"] == [
        {"task": "toy", "split": "toy.all", "aggregated": False, "rows": 3}  # and chance
    ]
    assert [one["entry"] for one in written["no_row"]] == ["broken"]

    [compared] = call("compare", "good", "other", "--json")
    assert compared["metrics"]["pearson.per_recording@1"]["better"] == "good"

    results = [str(place.root / "baselines" / f"{name}.json") for name in ("good", "other")]
    [pair] = call("diff", *results, "--json")
    assert pair["predictions"]["identical"] == 0
    assert pair["scores"]["pearson.per_recording@1"] == [
        pytest.approx(scores[name]["value"]) for name in ("good", "other")
    ]
    entry = next(each for each in pair["differences"] if each["what"] == "entry")
    assert (entry["one"], entry["other"]) == ("good", "other")

    found = call("check", "broken", *folders, "--isolation", "process", "--json", status=1)
    assert any(one["state"] == "FAIL" and "ValueError: no" in one["said"] for one in found)
    assert any(one["state"] == "ok" and one["what"] == "header" for one in found)

    verified = call("verify", "good", *folders, *ALONE, "--json")
    [line] = verified.pop("results")
    assert verified == {
        "claimed": 1,
        "reproduced": 1,
        "bit_equal": 1,
        "not_reproduced": 0,
        "not_verifiable": 0,
        "unreadable": {},
    }
    assert (line["entry"], line["folds"], line["verdict"]) == ("good", ["a"], "reproduced")

    [audited] = call("audit", *folders, "--json")
    assert (audited["task"], audited["split"], audited["passed"]) == ("toy", "toy.all", True)
    assert {finding["kind"] for finding in audited["findings"]} >= set(audited["shares"])

    site = call("site", "--no-examples", *folders, "--json")
    assert site["page"] == str(place.runs / "site" / "index.html")
    assert site["files"] == sum(path.is_file() for path in (place.runs / "site").rglob("*"))
    assert (site["new_examples"], site["missing_examples"]) == (0, [])

    again = call("rescore", *folders, "--json")
    assert (again["scored"], again["current"]) == (0, 2)
    assert again["moves"] == []


@pytest.mark.usefixtures("call")  # in the project of the toy
def test_what_goes_wrong_is_no_json(folders):
    done = CliRunner().invoke(app, ["verify", "nobody", *folders, "--json"])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "nobody" in done.stderr
