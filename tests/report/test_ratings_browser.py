"""The page of a listening test in a real browser, opened from the disk."""

import shutil

import numpy as np
import pytest

from benchmark.core import UserError
from benchmark.report.listening import rating_files, rating_page, rating_scores
from benchmark.report.listening.sounds import Sound

CHROMIUM = shutil.which("chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
QUIET += ("--disable-background-networking", "--disable-component-update")

pytestmark = [
    pytest.mark.needs("chromium", "playwright"),
    pytest.mark.xdist_group("browser"),
]

# Ends once the first sound plays; the page lets nobody else evaluate a text.
PLAYS = """() => new Promise((done) => {
    const sound = document.querySelector("audio");
    const look = () => sound.currentTime > 0.1 && done();
    sound.addEventListener("timeupdate", look);
    sound.addEventListener("ended", look);
    look();
})"""


def tone(pitch):
    return lambda _: Sound("x", "x", 0.1 * np.sin(pitch * np.arange(16000)), 16000.0)


def test_forty_sounds_are_rated_by_keys_saved_and_scored(tmp_path):
    from playwright.sync_api import sync_playwright

    systems = {"good": tone(0.1), "bad": tone(0.2)}
    names = [f"r{number}" for number in range(20)]
    html, key = rating_page.make("emg_to_mel", "embedded.x", 0, systems, names)
    (tmp_path / "test.html").write_text(html)
    given = {item.item: 4 if item.system == "good" else 1 + item.item % 3 for item in key.items}
    first, second, *others = given
    troubles = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page()
        page.on("console", lambda message: troubles.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        page.on("request", lambda asked: troubles.append(asked.url))
        page.goto(f"file://{tmp_path}/test.html")
        assert shown(page) == ["1"]
        # Nothing is saved for nobody.
        page.click("#save")
        assert page.evaluate("document.activeElement.id") == "rater"
        page.keyboard.type("a1")  # in which no key rates or turns
        assert page.inner_text("#status") == "0 of 40 rated."
        page.keyboard.press("Tab")
        page.keyboard.press("p")
        page.evaluate(PLAYS)
        page.keyboard.press(str(given[first]))
        with page.expect_download() as half:
            page.click("#save")
        assert "without a rating of 2, 3, 4" in page.inner_text("#status")
        page.keyboard.press("n")
        assert shown(page) == ["2"]
        page.keyboard.press("5")  # changed at once
        page.keyboard.press(str(given[second]))
        page.keyboard.press("b")
        assert shown(page) == ["1"]
        page.keyboard.press("n")
        for item in others:
            page.keyboard.press("n")
            page.keyboard.press(str(given[item]))
        page.keyboard.press("n")  # there is none after the last one
        assert shown(page) == ["40"]
        assert page.inner_text("#status") == "40 of 40 rated."
        with page.expect_download() as whole:
            page.click("#save")
        assert page.inner_text("#status") == "40 of 40 rated. Saved."
        for saved, name in ((half, "half.csv"), (whole, "whole.csv")):
            saved.value.save_as(tmp_path / name)
        assert whole.value.suggested_filename == f"ratings-{key.page}-a1.csv"
        browser.close()
    elsewhere = [t for t in troubles if not t.startswith(("file:", "data:", "blob:"))]
    assert elsewhere == []
    with pytest.raises(UserError, match=r"half\.csv, line 3: .*item 2 from 1 to 5, found none"):
        rating_files.read(key, [tmp_path / "half.csv"])
    ratings = rating_files.read(key, [tmp_path / "whole.csv"])
    wanted = {(item.system, item.recording): given[item.item] for item in key.items}
    assert {(rated.system, rated.recording): rated.value for rated in ratings} == wanted
    good, bad = rating_scores.scores(ratings)
    assert (good.system, good.mean, good.recordings) == ("good", 4.0, 20)
    assert bad.mean == np.mean([value for (system, _), value in wanted.items() if system == "bad"])
    assert bad.low < bad.mean < bad.high


def shown(page):
    """The items that can be seen."""
    return [item.get_attribute("data-item") for item in page.locator("fieldset:visible").all()]
