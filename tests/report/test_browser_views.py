"""What readers choose on the site, in a real browser: columns, filters, links, comparisons."""

import re
import shutil

import pytest

import toy
from benchmark import registry
from benchmark.execution import executors, plan, runner
from benchmark.leaderboard import snapshot
from benchmark.leaderboard.build import tables
from benchmark.leaderboard.comparison import pairs
from benchmark.report import formatting, glossary
from benchmark.report.site import pages

CHROMIUM = shutil.which("chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
QUIET += ("--disable-background-networking", "--disable-component-update")
SCORES = "toy-all-scores"  # the id of the table of the toy task
BY_SPEAKER = "toy-all-pearson.per_recording-by-speaker"

pytestmark = [
    pytest.mark.needs("chromium", "playwright"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The snapshot of a toy project with two entries and a trivial baseline, and its site."""
    count = "self.parameters = 1000"
    place = toy.project(
        tmp_path_factory.mktemp("views"),
        best=toy.entry(count, toy.SUM),
        other=toy.entry("self.parameters = 5", toy.BLIND),
        blind=toy.entry(predict=toy.BLIND),
    )
    chosen = plan.plan(place, plan.RunSelection(seeds=1), {"toy": toy.corpus()})
    runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
    runner.publish(place, chosen)
    tasks, entries = registry.tasks(place.root), registry.entries(place.root).found
    found = tables(toy.admitted(place, toy.published(place)), tasks)
    board = snapshot.Snapshot(found, tasks, {"toy": toy.corpus()}, entries)
    (table,) = board.tables
    nothing = dict.fromkeys(("plot", "scores", "shape", "colour", "source"), "")
    names = ("", "best", "blind", "chance")  # the last is no row that can be ticked
    panels = [{**nothing, "title": name, "entry": name} for name in names]
    shown = {"about": "", "confusions": [], "transcripts": [], "panels": panels}
    pages.write(board, place.root / "site", {}, None, {table.key: shown})
    return board, place.root / "site"


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser, made):
    """Opens an address of the site in a window of 1280 px; no error and no warning is allowed."""
    troubles = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})

    def opened(address):
        page = context.new_page()  # as if the link had been pasted
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(address if address.startswith("file:") else f"file://{made[1]}/{address}")
        page.wait_for_selector("html[data-ready=yes]", state="attached")
        return page

    yield opened
    context.close()
    assert troubles == []


def heads(page, table):
    return page.locator(f"#{table} thead th").all_inner_texts()


def names(page, table="all"):
    cells = page.locator(f"#{table} tbody th").all_inner_texts()
    return [cell.split()[0] for cell in cells]


def test_filter_sort_search_and_columns_come_back_from_a_link(show):
    page = show("index.html")
    page.click("details.all > summary")
    assert sorted(names(page)) == ["best", "blind", "other"]
    page.uncheck("#trivial")
    page.locator("#all thead th", has_text="parameters").click()
    page.wait_for_selector("#all th[aria-sort=ascending]")
    page.fill("input[type=search]", "e")
    page.click(".chooser summary")
    page.locator(".chooser label", has_text="n seeds").locator("input").check()
    before = names(page), heads(page, "all")
    assert before[0] == ["other", "best"]
    assert "n seeds" in before[1]
    other = show(page.url)
    assert (names(other), heads(other, "all")) == before
    assert other.input_value("input[type=search]") == "e"
    assert not other.is_checked("#trivial")
    other.check("#trivial")
    other.fill("input[type=search]", "")
    assert "trivial" not in other.url
    assert "q=" not in other.url


@pytest.mark.parametrize("name", ["index.html", "toy.html", "entry/best.html"])
def test_every_head_says_what_it_means(show, made, name):
    """Also where the page says it at the first table alone."""
    page = show(name)
    heads = page.evaluate(
        "[...document.querySelectorAll('thead th')].map((h) => [h.textContent.trim(), h.title])"
    )
    assert len(heads) > 4
    assert [text for text, title in heads if not title] == []
    text = (made[1] / name).read_text("utf-8")
    assert name == "entry/best.html" or len(heads) > text.count('<th scope="col" title=')
    for text, title in heads:
        if glossary.definition(text):
            assert title == glossary.definition(text)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("index.html", False),
        ("index.html#q=best", True),
        ("index.html#best-scores.sort=score", False),  # of another table
        ("index.html#all-toy-toy_all-best-default", True),
    ],
)
def test_all_results_are_unfolded_by_an_address_that_names_them(show, address, shown):
    page = show(address)
    page.wait_for_load_state()
    assert "Show all 3 rows" in page.inner_text("details.all > summary")
    assert page.locator("#all tbody tr").first.is_visible() == shown


def test_a_breakdown_is_unfolded_by_an_address_that_names_it(show):
    for name, shown in (("toy.html", False), (f"toy.html#{BY_SPEAKER}", True)):
        page = show(name)
        page.wait_for_load_state()
        assert page.locator(f"[id='{BY_SPEAKER}']").is_visible() == shown


def test_columns_of_less_use_are_hidden_and_can_be_chosen(show):
    page = show("toy.html")
    first = heads(page, SCORES)
    assert "SD (seeds)" not in first
    page.click(".chooser summary")
    page.locator(".chooser label", has_text="SD (seeds)").locator("input").check()
    page.locator(".chooser label", has_text="tier").locator("input").uncheck()
    assert "SD (seeds)" in heads(show(page.url), SCORES)
    assert "tier" not in heads(show(page.url), SCORES)
    assert heads(show("toy.html"), SCORES) == first


def test_the_column_of_entries_stays_when_a_table_is_moved(browser, made):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"file://{made[1]}/index.html")
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    page.click("details.all > summary")
    left = """() => {
        const head = document.querySelector('#all tbody th');
        let moved = head;
        while (moved.scrollWidth <= moved.clientWidth + 1 || moved.tagName !== 'DIV')
            moved = moved.parentElement;
        moved.scrollLeft = 200;
        return [moved.scrollLeft, head.getBoundingClientRect().left];
    }"""
    moved, place = page.evaluate(left)
    page.close()
    assert moved == 200
    assert place == pytest.approx(16, abs=1)  # the margin of the page


@pytest.mark.parametrize("name", ["index.html", "toy.html", "entry/best.html"])
def test_every_heading_and_row_has_a_link_of_its_own(show, name):
    page = show(name)
    found = page.evaluate(
        """() => [...document.querySelectorAll('h2, tbody tr')].map((node) =>
            [node.id, node.querySelector('a.anchor')?.getAttribute('href')])"""
    )
    assert len(found) > 1
    assert all(id and href == f"#{id}" for id, href in found), found
    assert len({id for id, _ in found}) == len(found)


def test_two_entries_are_compared_by_what_the_terminal_shows_too(show, made):
    board, _ = made
    page = show("toy.html")
    page.check("[aria-label='Compare best']")
    assert page.locator(".comparison table").count() == 0
    page.check("[aria-label='Compare other']")
    (table,) = board.tables
    rows = [pairs.row_of(board, table, name) for name in ("best", "other")]
    difference = pairs.differences(board.task(table), *rows)[0].gain
    shown = page.locator(".comparison table").nth(1).inner_text()
    value, interval = formatting.gain(difference).split(" ")
    for text in (f"best − other\t{value}", interval, f"p = {formatting.p(difference)}"):
        assert text.replace("\u00a0", " ") in re.sub(r"\u00a0", " ", shown)
    units = rows[0].scores[board.task(table).metrics[0].id].by_unit
    assert page.locator(".comparison svg path[fill^='#']").count() == 2 * len(units) + 2
    # Of the examples only theirs are left, and those of no entry.
    assert page.locator(".panels figure:visible").count() == 2
    assert "there is none of other" in page.inner_text(".comparison")
    heads = page.locator(".comparison thead th")
    assert heads.count() == 6
    assert all(head.get_attribute("title") for head in heads.all())
    again = show(page.url)
    assert again.inner_text(".comparison") == page.inner_text(".comparison")
    again.uncheck("[aria-label='Compare best']")
    assert again.locator(".comparison table").count() == 0
    assert again.locator(".panels figure:visible").count() == 4
