"""The project's documents as pages of the site: docs/*.md, docs/corpora/*.md, and how to cite it.

Where mkdocs makes pages of them beside the site, links lead there, and there is no second copy.

Markdown without HTML of its own; comments in it are left out. A link to another document leads to
its page, one to the results of a task to the page of the task; what the site does not have stays as
text.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark import __version__
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.plain_text import plain
from benchmark.registry import Entry
from benchmark.report.markdown.markdown_table import anchor
from benchmark.report.site.rendering import markup, render, task_names
from benchmark.results import repository

if TYPE_CHECKING:
    from markdown_it.token import Token

CITATION = "CITATION.cff"
CITE = "cite"  # the one document that mkdocs does not have
# Comments, and code, in which they are none.
COMMENT = re.compile(r"^ *(```|~~~).*?^ *\1|`[^`\n]+`|<!--.*?-->", re.DOTALL | re.MULTILINE)
METRIC = re.compile(r"\w+\.?\w*@\d+")  # an id, as docs/metrics.md defines it
SHORT = 12  # characters of a commit
LONGEST_CODE = 1000  # characters of a line of code


@dataclass(frozen=True)
class Project:
    """What every page says of the project beside its results."""

    documents: frozenset[str] = frozenset()  # that have a page, such as corpora/embedded
    commit: str = ""
    date: str = ""  # of the commit
    version: str = __version__
    guide: str = ""  # folder below the site with the documents by mkdocs, where it is built too

    def place(self, name: str) -> str:
        """Where the document `name` lies below the site; empty where it has no page."""
        if name == "index":
            return f"{self.guide or 'docs'}/index.html" if self.guide or self.documents else ""
        if name not in self.documents:
            return ""
        if not self.guide or name == CITE:
            return f"docs/{name}.html"
        folder = posixpath.dirname(name) if posixpath.basename(name) == "README" else name
        return f"{self.guide}/{folder}/index.html"


def project(root: Path, guide: str = "") -> Project:
    """Its documents, version and commit; none of the first and the last in an installed package."""
    commit = repository.commit(root) or ""
    name, plus, changed = commit.partition("+")
    documents = frozenset(_sources(root))
    version = name[:SHORT] + plus + changed
    return Project(documents, version, repository.date(root), guide=guide)


def _sources(root: Path) -> dict[str, Path]:
    """The file of each document, by the name of its page in docs/."""
    folder = root / "docs"
    found = [*folder.glob("*.md"), *(folder / "corpora").glob("*.md")]
    named = {path.relative_to(folder).with_suffix("").as_posix(): path for path in found}
    if (root / CITATION).is_file():
        named[CITE] = root / CITATION
    return {name: named[name] for name in sorted(named)}


def documents(snapshot: Snapshot, root: Path, project: Project) -> dict[str, str]:
    """A page for each document of the project at `root`, and the list of them, by path.

    Where mkdocs makes them, only how to cite it, with no list.
    """
    sources, tasks = _sources(root), task_names(snapshot)
    made: dict[str, str] = {}
    titles: list[tuple[str, str]] = []
    corpora: list[tuple[str, str]] = []
    for name, path in sources.items():
        if not project.place(name).startswith("docs/"):
            continue
        text = path.read_text("utf-8")
        body, title = _html(_citation(text) if name == CITE else text, name, sources, tasks)
        top = "../" * (1 + name.count("/"))
        shown = {"title": title or name, "text": markup(body)}
        made[f"docs/{name}.html"] = render("document.html", snapshot, top, project=project, **shown)
        (corpora if name.startswith("corpora/") else titles).append((name, title or name))
    if made and not project.guide:  # which lists them all
        lists = [("Guides and reference", titles), ("Corpora", corpora)]
        made["docs/index.html"] = render(
            "documents.html", snapshot, "../", project=project, lists=lists
        )
    return made


def has_code(entry: Entry | None) -> bool:
    """Whether there is code to show: not of submitted predictions."""
    return entry is not None and entry.path.suffix == ".py" and entry.path.is_file()


def code(snapshot: Snapshot, names: Iterable[str], project: Project) -> dict[str, str]:
    """A page with the code of each of these entries, and the list of them, by path."""
    entries = [snapshot.entries[name] for name in names if has_code(snapshot.entries.get(name))]
    made = {}
    for entry in entries:
        lines = entry.path.read_text("utf-8").splitlines()
        text = markup(html.escape("\n".join(plain(line, LONGEST_CODE) for line in lines)))
        made[f"code/{entry.name}.html"] = render(
            "code.html",
            snapshot,
            "../",
            project=project,
            name=entry.name,
            title=entry.title,
            code=text,
        )
    listed = [(f"../entry/{e.name}.html", f"{e.name}.html", e.name, e.title) for e in entries]
    made["code/index.html"] = render("codes.html", snapshot, "../", project=project, entries=listed)
    return made


def _citation(text: str) -> str:
    return (
        f"# Cite\n\n{CITATION} of the project, as reference managers read it:\n\n```\n{text}```\n"
    )


def _html(
    text: str, name: str, documents: Mapping[str, Path], tasks: Collection[str]
) -> tuple[str, str]:
    """The text of a document below its title, and the title."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens, title = parser.parse(COMMENT.sub(_code, text)), ""
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        title, tokens = _text(tokens[1]), tokens[3:]
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(_text(tokens[index + 1])))
        if token.type == "table_open":
            token.attrSet("tabindex", "0")  # it scrolls within itself, by keys too
        if token.type == "list_item_open" and (metric := _metric(tokens[index + 2])):
            token.attrSet("id", metric)
        for child in token.children or ():
            if child.type == "link_open":
                target = _target(str(child.attrGet("href")), name, documents, tasks)
                child.attrs = {"href": target} if target else {}
            elif child.type == "image":  # the site has no pictures of documents
                child.type, child.content = "text", child.content
    made = str(parser.renderer.render(tokens, parser.options, {}))
    return made.replace("<pre>", '<pre tabindex="0">'), title


def _code(found: re.Match[str]) -> str:
    """What stays of a match of COMMENT."""
    return "" if found[0].startswith("<!--") else found[0]


def _metric(token: Token) -> str:
    """The id of the metric that a line begins with; empty for other lines."""
    first, *_ = token.children or [token]
    return first.content if METRIC.fullmatch(first.content) else ""


def _text(token: Token) -> str:
    """The plain text of a heading."""
    return "".join(child.content for child in token.children or ())


def _target(link: str, name: str, documents: Collection[str], tasks: Collection[str]) -> str | None:
    """Where a link of a document leads on the site; None where it has no such page."""
    if link.startswith(("https:", "http:", "#")):
        return link
    path, hash_, place_in = link.partition("#")
    place = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    target, top = place.removesuffix(".md"), "../" * name.count("/")
    if target in documents and path.endswith(".md"):
        return f"{top}{target}.html{hash_}{place_in}"
    if target.startswith("results/") and target.removeprefix("results/") in tasks:
        return f"{top}../{target.removeprefix('results/')}.html"
    return None
