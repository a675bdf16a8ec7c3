"""What mkdocs does not know of the documents: files of the top folder, and names with a star.

Called by mkdocs (`hooks` in mkdocs.yml). Documents link to one another as code hosts need it, from
docs/ to the top folder and back; on the site both are one folder. There is one source of each.
"""

from __future__ import annotations

import posixpath
import re
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # mkdocs reads this file by itself
from benchmark.report.site.docs_pages import METRIC
from tools import api_reference

ROOT = Path(__file__).resolve().parent.parent
# Of the top folder, by what they are called on the site.
PAGES = {
    "README.md": "index.md",
    "leaderboard.md": "leaderboard.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
}
FILES = ("CITATION.cff", "LICENSE", ".github/CODEOWNERS")
HOST = re.compile(r"<!-- on a code host -->.*?<!-- end -->", re.DOTALL)  # badges, deployments
# The id of a metric before its definition: the site of results links there.
DEFINED = re.compile(rf"^- (`({METRIC.pattern})`)", re.MULTILINE)
LINK = re.compile(r"(\]\()([^)\s]+)(\))")


def on_config(config: Any) -> Any:
    """Give names with a star in the navigation the pages that they stand for."""
    names = sorted(p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("*.md"))
    config["nav"] = _expanded(config["nav"], names)
    return config


def _expanded(nav: Any, names: list[str]) -> Any:
    if isinstance(nav, list):
        return [_expanded(each, names) for each in nav]
    if isinstance(nav, dict):
        return {title: _expanded(each, names) for title, each in nav.items()}
    if "*" not in nav:
        return nav
    found = [name for name in names if fnmatch(name, nav)]
    return sorted(found, key=lambda name: (not name.endswith("/README.md"), name))


def on_files(files: Any, config: Any) -> Any:
    """Add the pages and files of the top folder."""
    from mkdocs.structure.files import File

    for name, shown in PAGES.items():
        content = (ROOT / name).read_text("utf-8")
        files.append(File.generated(config, shown, content=content))
    for name in FILES:
        shown = posixpath.basename(name)
        files.append(File.generated(config, shown, abs_src_path=str(ROOT / name)))
    return files


def on_nav(nav: Any, config: Any, files: Any) -> Any:
    """Add a link to the site of results, where the documents are built into a folder of it.

    `extra.results` in mkdocs.yml says where its first page lies, from the first page of the
    documents; empty where they are built by themselves.
    """
    from mkdocs.structure.nav import Link

    del files
    if place := config["extra"].get("results"):
        nav.items.append(Link("Plots and sound", place))
    return nav


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Turn links between docs/ and the top folder into links of the site.

    What works on the pages of a code host alone is left out.
    """
    del config, files
    source = {shown: name for name, shown in PAGES.items()}.get(
        page.file.src_uri, f"docs/{page.file.src_uri}"
    )
    text = HOST.sub("", markdown).replace("<details>", '<details markdown="1">')
    if source == "docs/metrics.md":
        text = DEFINED.sub(r"- \1{ #\2 }", text)
    linked = LINK.sub(lambda m: m[1] + target(m[2], source, page.file.src_uri) + m[3], text)
    if api_reference.MARK in linked:
        linked = linked.replace(api_reference.MARK, api_reference.reference())
    return linked


def target(link: str, source: str, shown: str) -> str:
    """Where a link leads on the site: of the file `source` of the project, shown as `shown`."""
    if re.match(r"[a-z]+:|#", link):
        return link
    path, hash_, anchor = link.partition("#")
    place = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if place in FILES:
        place = posixpath.basename(place)
    place = PAGES.get(place, place.removeprefix("docs/"))
    return posixpath.relpath(place, posixpath.dirname(shown) or ".") + hash_ + anchor
