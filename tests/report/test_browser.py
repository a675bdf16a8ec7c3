"""The site of the published results in a real browser, opened from the disk."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import smoke_snapshot

from benchmark import registry
from benchmark.core import Paths
from benchmark.execution import chance, plan
from benchmark.report.site import pages as site_pages
from benchmark.report.site import sample_gallery, task_examples
from benchmark.results import entry_results
from benchmark.results.result import now
from tools import check_site

ROOT = Path(__file__).resolve().parents[2]
TRIVIAL = {name for task in registry.tasks(ROOT).values() for name in task.trivial_baselines}
CHROMIUM = shutil.which("chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
QUIET += ("--disable-background-networking", "--disable-component-update")
EVIL = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"

pytestmark = [
    pytest.mark.needs("chromium", "playwright"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The site of this project's results, with a hostile entry and a gallery with sounds."""
    root = tmp_path_factory.mktemp("browser")
    for name in ("tasks", "baselines", "submissions"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    header = (root / "baselines" / "ridge.py").read_text().partition("\n# ///\n")[0]
    evil = re.sub(r"# title = .*", f"# title = {json.dumps(EVIL)}", header)
    path = root / "submissions" / "evil.py"
    path.write_text(evil + "\n# ///\n")
    entry, tasks = registry.entries(root).found["evil"], registry.tasks(root)
    ids = [metric.id for metric in tasks["emg_to_articulation"].metrics]
    change = {"entry": "evil", "code": entry.code_digest("default", ids), "finished": now()}
    results = [
        r.model_copy(update=change)
        for r in entry_results.read_all(root / "baselines" / "ridge.json")
        if r.task == "emg_to_articulation"
    ]
    entry_results.merge(entry.results, results, tasks)
    paths = Paths(root, root / "data", root / "runs")
    choice = plan.RunSelection(tasks=["emg_speech_enhancement"], smoke=True)
    chance.renew(paths, plan.plan(paths, choice, registry.corpora()))
    leaderboard, folder = smoke_snapshot.read(root), root / "site"
    galleries = sample_gallery.build(leaderboard, paths, folder, lambda _: None)
    with pytest.MonkeyPatch.context() as patch:
        # Nothing but the level of chance is run here.
        patch.setattr(task_examples, "is_trivial", lambda _task, _row: False)
        examples = task_examples.build(leaderboard, paths, folder, lambda _: None)
    site_pages.write(leaderboard, folder, galleries, ROOT, examples)
    return folder


TASKS = [*sorted(registry.tasks(ROOT))]
ENHANCED = "emg_speech_enhancement.html"  # the task that has examples here
KINDS = [ENHANCED, "emg_word_classification.html", "entry/seeg2mel.html", "index.html"]
KINDS += ["code/ridge.html", "docs/index.html", "docs/submitting.html", "docs/cite.html"]


@pytest.fixture(scope="module")
def gallery(pages):
    (path,) = (pages / "examples").glob("emg_speech_enhancement-*.html")
    return f"examples/{path.name}"


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser, pages, request):
    """Opens pages; fails the test for any request that leaves the disk, any error, any warning."""
    troubles = []
    context = browser.new_context(**getattr(request, "param", {}))
    page = context.new_page()
    page.on("console", lambda message: troubles.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: troubles.append(f"error: {error}"))

    def leaves(asked):
        if not asked.url.startswith(("file:", "data:", "blob:")):
            troubles.append(asked.url)

    page.on("request", leaves)

    def show(name):
        page.goto(f"file://{pages}/{name}")
        if name == "index.html":
            page.wait_for_selector("html[data-ready=yes]", state="attached")
            page.click("details.all > summary")
        return page

    yield show
    context.close()
    assert troubles == []


def shown(page):
    """The cells of the rows of the table of all results that are not filtered away."""
    script = """[...document.querySelectorAll('#all tbody tr')].map(
        (row) => [...row.children].map((cell) => cell.innerText.trim()))"""
    heads = page.evaluate(
        "[...document.querySelectorAll('#all thead th')].map(h => h.textContent.trim())"
    )
    return [dict(zip(heads, cells, strict=True)) for cells in page.evaluate(script)]


def numbers(rows, head):
    return [int(row[head].replace(",", "")) for row in rows if row[head] != "–"]


def test_a_click_on_a_heading_sorts(tab):
    page = tab("index.html")
    head = page.locator("#all thead th", has_text="parameters")
    head.click()
    page.wait_for_selector("#all th[aria-sort=ascending]")
    rising = numbers(shown(page), "parameters")
    assert rising == sorted(rising)
    assert len(rising) > 10
    head.click()
    page.wait_for_selector("#all th[aria-sort=descending]")
    falling = numbers(shown(page), "parameters")
    assert falling == sorted(falling, reverse=True)


def test_filters_leave_what_they_say(tab):
    page = tab("index.html")
    every = shown(page)
    page.select_option("#task", label="Lips to ultrasound tongue")
    rows = shown(page)
    assert {row["task"] for row in rows} == {"Lips to ultrasound tongue"}
    assert page.inner_text("#count") == f"{len(rows)} of {len(every)} rows"
    page.select_option("#causal", "yes")
    assert {row["causal"] for row in shown(page)} == {"yes"}
    page.select_option("#task", "")
    page.select_option("#causal", "")
    page.fill("#parameters", "20000")
    small = shown(page)
    assert small
    assert max(numbers(small, "parameters")) <= 20000
    assert all(row["parameters"] != "–" for row in small)
    page.fill("#parameters", "")
    assert any(row["entry"].split()[0] in TRIVIAL for row in shown(page))
    page.uncheck("#trivial")
    assert shown(page)
    assert not any(row["entry"].split()[0] in TRIVIAL for row in shown(page))
    page.check("#trivial")
    page.fill("input[type=search]", "emg2ema")
    assert {row["entry"].split()[0] for row in shown(page)} == {"emg2ema"}


def test_an_entry_opens(tab):
    page = tab("index.html")
    page.click("#all a:text-is('emg2ema')")
    page.wait_for_selector("h1")
    assert "EMG2EMA" in page.inner_text("h1")
    # Those of its publication are of another corpus, of which no results are there.
    assert "Reported figures" not in page.inner_text("main")
    assert tab("emg_to_articulation.html").locator("svg.plot").count() >= 1


def test_a_hostile_title_stays_text(tab):
    page = tab("entry/evil.html")
    page.wait_for_timeout(300)
    assert page.inner_text("h1") == EVIL
    assert page.title().startswith("<img")
    assert page.locator("main img").count() == 0


def test_sound_plays(tab, gallery):
    page = tab(gallery)
    heard = page.evaluate(
        """async () => {
            const sound = document.querySelector('audio');
            sound.muted = true;
            await sound.play();
            for (let turn = 0; turn < 200 && sound.currentTime <= 0.1; turn += 1)
                await new Promise((done) => setTimeout(done, 50));
            return [sound.currentTime, sound.duration, sound.error];
        }"""
    )
    assert heard[0] > 0.1
    assert heard[1] > 0.5
    assert heard[2] is None


SCHEMES = [{"color_scheme": scheme} for scheme in ("light", "dark")]


@pytest.mark.parametrize("tab", SCHEMES, indirect=True, ids=["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "emg_to_articulation.html", "entry/emg2ema.html"])
def test_text_is_readable_in_either_colour_scheme(tab, name):
    """Every cell, caption and label that is shown, against what it stands on: 3 to 1 at least."""
    page = tab(name)
    page.wait_for_timeout(400)
    worst = page.evaluate(CONTRAST)
    assert worst["ratio"] >= 3.0, worst


CONTRAST = """() => {
    const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => {
        const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const paper = (node) => {
        for (; node; node = node.parentElement) {
            const colour = parse(getComputedStyle(node).backgroundColor);
            if (colour.length === 3 || colour[3] > 0.5) return colour;
        }
        return [255, 255, 255];
    };
    let worst = { ratio: 99 };
    const all = 'h1, h2, p, th, td, caption, a, label, figcaption, svg text';
    for (const node of document.querySelectorAll(all)) {
        if (!node.textContent.trim() || !node.getClientRects().length) continue;
        const style = getComputedStyle(node);
        const ink = parse(node.closest('svg') ? style.fill : style.color);
        const [a, b] = [light(ink), light(paper(node))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        const text = node.textContent.slice(0, 40);
        if (ratio < worst.ratio) worst = { ratio, tag: node.tagName, text, ink };
    }
    return worst;
}"""


# What is wider than its box and scrolls without a shadow at its edge. Code is seen to be cut.
SCROLLS_UNSEEN = """() => [...document.querySelectorAll("main *:not(pre), nav")].filter(each => {
    const style = getComputedStyle(each);
    return each.scrollWidth > each.clientWidth + 1
        && ["auto", "scroll"].includes(style.overflowX)
        && !style.backgroundImage.includes("gradient");
}).map(each => `${each.tagName} ${each.className}`)"""
PHONE = [{"viewport": {"width": 390, "height": 844}}]
PHONE_PAGES = [
    *("index.html", "emg_speech_enhancement.html", "entry/seeg2mel.html"),
    *("docs/metrics.html", "docs/corpora/spire_ema.html"),
]


@pytest.mark.parametrize("tab", PHONE, indirect=True)
@pytest.mark.parametrize("name", PHONE_PAGES)
def test_a_page_fits_a_phone(tab, name):
    """Tables scroll within themselves and show that they do; the page does not."""
    page = tab(name)
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(SCROLLS_UNSEEN) == []


@pytest.mark.parametrize("tab", PHONE, indirect=True)
def test_the_best_scores_are_seen_without_scrolling(tab):
    """On a phone, for recorded corpora and for simulated speakers."""
    edges = "cells => cells.map(cell => cell.getBoundingClientRect().right)"
    for kind in ("recorded_corpora", "simulated_speakers"):
        scores = f"#best-{kind} tbody td:nth-child(3)"
        found = tab("index.html").eval_on_selector_all(scores, edges)
        assert found
        assert max(found) <= 390


@pytest.mark.parametrize("tab", PHONE, indirect=True)
def test_plots_fit_a_phone(tab, gallery):
    """Every mark of every plot lies on the screen, and every text has 9 px at least."""
    for name in ("index.html", *(f"{task}.html" for task in TASKS), gallery):
        page = tab(name)
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        found = page.evaluate(MARKS)
        # The first page has a plot only where enough systems share tasks.
        assert found["marks"] > 20 or name == "index.html"
        assert (name, found["outside"]) == (name, [])
        assert found["smallest"] >= 9, name


MARKS = """() => {
    const found = { marks: 0, outside: [], smallest: 99 };
    const width = document.documentElement.clientWidth;
    for (const node of document.querySelectorAll('svg.plot :is(path, use, circle, text, image)')) {
        const box = node.getBoundingClientRect();
        if (node.closest('defs, clipPath') || !node.getClientRects().length) continue;
        found.marks += 1;
        if (box.left < -0.5 || box.right > width + 0.5)
            found.outside.push([node.tagName, node.textContent, box.left, box.right]);
        const matrix = node.getScreenCTM();
        const pixels = parseFloat(getComputedStyle(node).fontSize) * Math.hypot(matrix.a, matrix.b);
        if (node.tagName === 'text') found.smallest = Math.min(found.smallest, pixels);
    }
    return found;
}"""


@pytest.mark.parametrize("tab", [{"viewport": {"width": 1280, "height": 900}}], indirect=True)
def test_every_table_of_every_page_fits_a_laptop(tab, pages):
    """With the columns that are shown at first, and all that is folded open."""
    # Those of documents scroll within themselves.
    having = [p for p in sorted(pages.rglob("*.html")) if "<table" in p.read_text("utf-8")]
    names = [
        name
        for path in having
        if not (name := path.relative_to(pages).as_posix()).startswith("docs/")
    ]
    assert {"index.html", "entry/ridge.html", *(f"{task}.html" for task in TASKS)} <= {*names}
    wide, looked = [], 0
    for name in names:
        page = tab(name)
        if page.locator("table.sortable").count():
            page.wait_for_selector("html[data-ready=yes]", state="attached")
        found = page.evaluate(
            """() => {
                document.querySelectorAll('details').forEach((one) => { one.open = true; });
                const tables = [...document.querySelectorAll('table')];
                return [tables.length, tables
                    .filter((table) => table.getBoundingClientRect().right > innerWidth)
                    .map((table) => [table.id, table.getBoundingClientRect().right])];
            }"""
        )
        looked += found[0]
        wide += [(name, *table) for table in found[1]]
    assert looked > 100
    assert wide == []


@pytest.mark.needs("axe_playwright_python")
@pytest.mark.parametrize("tab", SCHEMES, indirect=True, ids=["light", "dark"])
def test_axe_finds_nothing_serious(tab, gallery):
    """Every kind of page by the accessibility rules of axe-core, with all that is folded open."""
    from axe_playwright_python.sync_playwright import Axe

    serious = []
    options = {"preload": False, "resultTypes": ["violations"]}  # it would fetch style sheets
    for name in (*KINDS, gallery):
        page = tab(name)
        if page.locator("table.sortable").count():
            page.wait_for_selector("html[data-ready=yes]", state="attached")
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        serious += [
            (name, found["id"], found["nodes"][0]["html"][:200])
            for found in Axe().run(page, options=options).response["violations"]
            if found["impact"] in ("serious", "critical")
        ]
    assert serious == []


def test_one_player_changes_between_the_sounds_of_an_example_at_the_same_place(tab):
    page = tab(ENHANCED)
    buttons = page.locator(".example button")
    assert buttons.all_inner_texts() == ["Hear"] * 3  # input, reference, one entry
    heard = page.evaluate(
        """async () => {
            const group = document.querySelector('.example');
            const player = group.querySelector('audio');
            const buttons = group.querySelectorAll('button');
            const later = (event) => new Promise(
                (done) => player.addEventListener(event, done, { once: true }));
            player.muted = true;
            await player.play();
            player.currentTime = 0.7;
            await later('seeked');
            const before = player.src;
            const playing = later('playing');
            buttons[2].click();
            await playing;
            const pressed = [...buttons].map((each) => each.getAttribute('aria-pressed'));
            const { currentTime, error, paused, src } = player;
            return [before !== src, currentTime, paused, error, pressed];
        }"""
    )
    assert heard[0]
    assert 0.65 < heard[1] < 1.5
    assert heard[2:] == [False, None, ["false", "false", "true"]]


def test_the_first_page_is_small(pages):
    """What a reader loads of it, as servers send it."""
    files = check_site.first_page(pages)
    assert len(files) >= 5
    assert sum(files.values()) < check_site.MOST_OF_INDEX


def test_heads_of_metrics_lead_to_their_definitions(tab):
    page = tab("emg_to_articulation.html")
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    link = page.locator("thead th a.define").first
    target = link.get_attribute("href")
    assert target == "docs/metrics.html#pearson.per_recording@1"
    link.click()
    assert page.locator("[id='pearson.per_recording@1']:target").inner_text().startswith("pearson")
    page.go_back()
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    assert page.locator("th[aria-sort]").count() == 0
    assert "sort" not in page.url


def test_it_is_the_browser_that_runs(browser):
    process = subprocess.run([CHROMIUM, "--version"], capture_output=True, text=True, check=True)
    assert browser.version.split(".")[0] in process.stdout
