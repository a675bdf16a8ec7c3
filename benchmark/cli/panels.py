"""Options of a verb in groups: as fields of dataclasses, and in panels of its help."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

from typer.models import OptionInfo

WHICH, WHERE, MUCH, SAFETY = "Which jobs to run", "Where jobs run", "How much", "Safety"


def in_panels(verb: Callable[..., None], panels: dict[str, tuple[str, ...]]) -> Callable[..., None]:
    """The verb with its options in these panels of the help; those in none stand before them.

    What several verbs share stays as it is. KeyError for a name that is no option of the verb.
    """
    hints = get_type_hints(verb, include_extras=True)
    for panel, names in panels.items():
        for name in names:
            verb.__annotations__[name] = _placed(hints[name], panel)
    return verb


def _placed(hint: Any, panel: str) -> Any:
    about = copy.copy(hint.__metadata__[0])
    about.rich_help_panel = about.rich_help_panel or panel
    return Annotated[hint.__origin__, about]


def grouped(verb: Callable[..., None]) -> Callable[..., None]:
    """Let parameters that are dataclasses stand for one option a field.

    typer reads a flat signature, so the verb is shown to it with one and called with its groups.
    """
    hints = get_type_hints(verb, include_extras=True)
    groups: dict[str, Any] = {
        name: kind for name, kind in hints.items() if dataclasses.is_dataclass(kind)
    }
    plain = [p for name, p in inspect.signature(verb).parameters.items() if name not in groups]
    fields = {
        name: [field.name for field in dataclasses.fields(kind)] for name, kind in groups.items()
    }
    parameters = [
        _option(field, kind) for kind in groups.values() for field in dataclasses.fields(kind)
    ]
    parameters += [
        inspect.Parameter(p.name, p.KEYWORD_ONLY, default=p.default, annotation=hints[p.name])
        for p in plain
    ]

    @functools.wraps(verb)
    def flat(**values: Any) -> None:
        chosen = {
            name: kind(**{field: values.pop(field) for field in fields[name]})
            for name, kind in groups.items()
        }
        verb(**chosen, **values)

    flat.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {p.name: p.annotation for p in parameters}
    return flat


def _option(field: dataclasses.Field[Any], group: Any) -> inspect.Parameter:
    """The parameter of a field, in the help's panel that the group's docstring names."""
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    hint = get_type_hints(group, include_extras=True)[field.name]
    if isinstance(hint.__metadata__[0], OptionInfo):
        hint = _placed(hint, group.__doc__.partition(".")[0])
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=hint,
    )
