"""Templates, style and scripts of the site. All that is not markup of ours is escaped, always."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

from benchmark.core import UserError
from benchmark.leaderboard.snapshot import Snapshot
from benchmark.plain_text import plain
from benchmark.report.formatting import NBSP

SITE = "benchmark.report.site"


def render(template: str, snapshot: Snapshot, top: str, here: str = "", **values: Any) -> str:
    """A page by its template; `top` leads to the folder of index.html, `here` names the task."""
    navigation = [(name, snapshot.tasks[name].title) for name in task_names(snapshot)]
    templates = environment(SITE)
    templates.filters |= {"linked": linked, "breakable": breakable}
    page = templates.get_template(template)
    about = Definitions()
    text: str = page.render(top=top, here=here, navigation=navigation, definitions=about, **values)
    return text


class Definitions:
    """What heads of tables of a page mean, as far as it has been said.

    A head whose definition is left out is marked `data-same` and has that of the head before it of
    the same text, which `tables.js` shows there too: a page of thirty tables alike says it once.
    """

    def __init__(self) -> None:
        self._said: dict[str, str] = {}  # by the text of a head: the latest

    def new(self, text: str, definition: str) -> str:
        """The definition of the next head, unless it is what was said last."""
        if self._said.get(text) == definition:
            return ""
        self._said[text] = definition
        return definition


def environment(package: str) -> Any:
    """What makes pages by the templates of a package."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        finalize=_shown,
    )


OWN = ("style.css", "state.js", "tables.js", "comparison.js", "examples.js")
MOST = 10  # characters of an escape


def _shown(value: Any) -> Any:
    """What stands between two braces of a template: text of others as plain text.

    Its markup is escaped after this. Ours has no-break spaces in figures, and sounds in addresses.
    """
    if type(value) is not str:
        return value
    return NBSP.join(plain(part, MOST * len(part)) for part in value.split(NBSP))


PUBLICATION = re.compile(r"(?i)\b(?:arxiv:(\d{4}\.\d{4,5})|(?:doi:)?(10\.\d{4,9}/[^\s,;]*[\w/]))")


def linked(text: str) -> Any:
    """Text of others with its arXiv numbers and DOIs as links."""
    import markupsafe

    text, end, parts = str(_shown(text)), 0, []
    for found in PUBLICATION.finditer(text):
        arxiv, doi = found.groups()
        address = f"https://arxiv.org/abs/{arxiv}" if arxiv else f"https://doi.org/{doi}"
        link = markupsafe.Markup('<a href="{}">{}</a>').format(address, found[0])
        parts += [markupsafe.escape(text[end : found.start()]), link]
        end = found.end()
    return markupsafe.Markup("").join([*parts, markupsafe.escape(text[end:])])


def breakable(text: str) -> Any:
    """A name that a line may break after each underscore of, and nowhere within its words."""
    import markupsafe

    return markupsafe.Markup(
        markupsafe.escape(_shown(text)).replace("_", markupsafe.Markup("_<wbr>"))
    )


def task_names(snapshot: Snapshot) -> list[str]:
    """The tasks that have a table."""
    return sorted({table.task for table in snapshot.tables})


def markup(text: str) -> Any:
    """What is ours and not escaped: a style, or a plot, whose text matplotlib escapes."""
    import markupsafe

    return markupsafe.Markup(text)


def asset(name: str, package: str = SITE) -> str:
    """A file beside the templates of a package that is none."""
    return (resources.files(package) / "templates" / name).read_text("utf-8")


def assets() -> dict[str, str]:
    """Style and scripts; the library for tables as one script, since modules need a server."""
    try:
        library = resources.files("itables") / "html"
        script = (library / "dt_bundle.js").read_text("utf-8")
        style = (library / "dt_bundle.css").read_text("utf-8")
    except ModuleNotFoundError as error:
        raise UserError("the site needs the extra `report`: pip install -e '.[report]'") from error
    load = (
        f"const source = {json.dumps(script, ensure_ascii=False)};\n"
        'const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));\n'
        "window.silentbench_datatables = import(url).then((module) => module.default);\n"
    )
    return {
        **{name: asset(name) for name in OWN},
        "datatables.css": style,
        "datatables.js": load,
    }
