"""Ratings of a listening test: what is refused, and what is made of them."""

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmark.cli.app import app
from benchmark.core import UserError
from benchmark.report.listening import rating_files, rating_key, rating_page, rating_scores
from benchmark.report.listening.rating_files import Rating
from benchmark.report.listening.sounds import Sound
from benchmark.results import bootstrap

RECORDINGS = ("r1", "r2", "r3", "r4")


@pytest.fixture(scope="module")
def key():
    """Two systems with four recordings each."""

    def sound(pitch):
        return lambda name: Sound("x", "x", np.sin(pitch * np.arange(800) + len(name)), 8000.0)

    systems = {"good": sound(0.1), "bad": sound(0.2)}
    return rating_page.make("emg_to_mel", "embedded.x", 0, systems, RECORDINGS)[1]


def lines(key, rater="a", rate=lambda _: 3):
    rows = [(key.page, rater, item.item, rate(item)) for item in key.items]
    return [",".join(rating_page.COLUMNS), *(",".join(map(str, row)) for row in rows)]


def write(folder, text, name="a.csv"):
    path = folder / name
    path.write_text("\n".join(text) + "\n")
    return path


def test_ratings_are_those_of_the_systems_and_recordings_of_the_key(key, tmp_path):
    path = write(tmp_path, lines(key, rate=lambda i: 5 if i.system == "good" else 2))
    found = rating_files.read(key, [path])
    assert len(found) == 8
    assert {r.value for r in found if r.system == "good"} == {5}
    assert {r.value for r in found if r.system == "bad"} == {2}
    assert {r.recording for r in found if r.system == "bad"} == {*RECORDINGS}
    good, bad = rating_scores.scores(found)
    assert (good.system, good.mean, bad.system, bad.mean) == ("good", 5.0, "bad", 2.0)


@pytest.mark.parametrize(
    ("number", "text", "says"),  # the line of that number, or one more, becomes this text
    [
        (4, "{page},a,3,", "line 4: expected a rating of item 3 from 1 to 5, found none"),
        (4, "{page},a,3,30", "line 4: expected a rating of item 3 from 1 to 5, found '30'"),
        (4, "{page},a,3,0", "line 4: expected a rating of item 3 from 1 to 5, found '0'"),
        (4, "{page},a,3,3.5", "line 4: expected a rating of item 3 from 1 to 5, found '3.5'"),
        (10, "{page},a,2,3", "line 10: expected one rating of item 2 by a, found another in"),
        (9, "", "line 8: the ratings of a end here without item 8"),
        (10, "{page},a,9,3", "line 10: expected an item from 1 to 8, found '9'"),
        (10, "{page},,1,3", "line 10: expected who rated, found nothing"),
        (10, "other,a,1,3", "line 10: expected ratings of the page"),
        (10, "x,y", "line 10: expected 4 columns, found 2"),
        (1, "rater,item", "line 1: expected the columns page,rater,item,rating, found rater,item"),
    ],
)
def test_a_bad_line_is_named(key, tmp_path, number, text, says):
    written = lines(key)
    written[number - 1 : number] = [text.format(page=key.page)]
    path = write(tmp_path, written)
    with pytest.raises(UserError) as raised:
        rating_files.read(key, [path])
    assert says in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_file_without_ratings_is_refused(key, tmp_path):
    for text, says in ((lines(key)[:1], "expected ratings, found none"), ([], "found nothing")):
        with pytest.raises(UserError, match=says):
            rating_files.read(key, [write(tmp_path, text)])
    with pytest.raises(UserError, match="cannot be read"):
        rating_files.read(key, [tmp_path / "gone.csv"])


def test_one_rater_in_two_files_is_noticed(key, tmp_path):
    paths = [write(tmp_path, lines(key), name) for name in ("a.csv", "again.csv")]
    with pytest.raises(UserError, match=r"again\.csv, line 2: .* another in .*a\.csv, line 2"):
        rating_files.read(key, paths)
    with pytest.raises(UserError, match=r"\(and 7 more\)"):
        rating_files.read(key, [paths[0], paths[0]])


def rated(values, system="s"):
    """Ratings by an array (raters, recordings)."""
    return [
        Rating(f"rater{a}", system, f"r{b}", int(value))
        for (a, b), value in np.ndenumerate(np.asarray(values))
    ]


def test_the_interval_is_over_raters_and_recordings():
    values = np.random.default_rng(0).integers(1, 6, (6, 10))
    (found,) = rating_scores.scores(rated(values))
    assert found.mean == pytest.approx(values.mean())
    assert found.sd == pytest.approx(values.std(ddof=1))
    assert (found.ratings, found.raters, found.recordings) == (60, 6, 10)
    sums = np.stack([values, np.ones_like(values)], 2).astype(float)
    draws, factor = bootstrap.crossed(
        sums.sum(1)[None],
        sums.sum(0)[None],
        sums.reshape(1, 60, 2),
        lambda s: s[..., 0] / s[..., 1],
    )
    ends = bootstrap.ends(draws, values.mean(), factor, scale=(1.0, 5.0))
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-3)


def test_one_rater_has_an_interval_over_recordings_only():
    (found,) = rating_scores.scores(rated([[1, 2, 3, 4, 5]]))
    assert found.low < 3 < found.high
    (lone,) = rating_scores.scores(rated([[4]]))
    assert (lone.mean, lone.sd, lone.low, lone.high) == (4.0, None, None, None)


def test_an_interval_stays_on_the_scale():
    (found,) = rating_scores.scores(rated([[5, 5, 5, 4], [5, 5, 5, 5]]))
    assert found.high == 5.0
    assert found.low < found.mean


def test_a_key_that_was_edited_is_refused(key, tmp_path):
    path = tmp_path / "key.json"
    rating_key.write(path, key)
    assert rating_key.read(path) == key
    raw = json.loads(path.read_text())
    raw["items"][0]["system"] = "other"
    path.write_text(json.dumps(raw))
    with pytest.raises(UserError, match="damaged or edited"):
        rating_key.read(path)
    before = key.model_dump(exclude={"vocoder"})  # as keys were that did not keep it
    path.write_text(json.dumps(before))
    assert rating_key.read(path) == key
    path.write_text("{")
    with pytest.raises(UserError, match="expected a key of ratings"):
        rating_key.read(path)
    with pytest.raises(UserError, match=r"`silentbench ratings make` has written"):
        rating_key.read(tmp_path / "gone.json")


def test_the_command_prints_scores_and_warns_of_a_single_rater(key, tmp_path):
    rating_key.write(tmp_path / "key.json", key)
    files = [write(tmp_path, lines(key, r, lambda i: 1 + i.item % 5), f"{r}.csv") for r in "ab"]

    def call(*words):
        done = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["ratings", "score", *map(str, words)])
        assert done.exit_code == 0, done.output
        return done.output

    assert "one rater" in call(tmp_path / "key.json", files[0])
    said = call(tmp_path / "key.json", *files)
    assert "one rater" not in said
    assert "mean [95% CI]" in said
    found = json.loads(call(tmp_path / "key.json", *files, "--json"))
    assert {one["system"] for one in found} == {"good", "bad"}
    with files[0].open() as file:
        values = [int(row["rating"]) for row in csv.DictReader(file)]
    assert sum(one["mean"] for one in found) / 2 == pytest.approx(np.mean(values))
