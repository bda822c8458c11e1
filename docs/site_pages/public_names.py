"""The reference of the public names, and of the use cases that a container holds: read off the code."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import EnumType
from textwrap import indent
from types import FunctionType
from typing import is_typeddict

from sphinx.util.inspect import stringify_signature
from sphinx.util.typing import stringify_annotation

import backstage
from site_pages.listings import wired


def public_names_reference() -> str:
    """A section for each name that `backstage` exports, in the order in which it does."""
    sections = []
    for name in backstage.__all__:
        sections.append(f"\n## {name}\n\n```{{eval-rst}}\n{_directive(name)}\n```\n")
    return "".join(sections)


def _directive(name: str) -> str:
    match getattr(backstage, name):
        case EnumType():
            return f".. autoclass:: backstage.{name}()\n   :undoc-members:"
        case type() as public if is_typeddict(public):
            return f".. autoclass:: backstage.{name}\n   :undoc-members:"
        case type():
            return (
                f".. autoclass:: backstage.{name}\n   :inherited-members: BaseException, BaseSettings, BaseModel, dict"
            )
        case FunctionType():
            return f".. autofunction:: backstage.{name}"
        case alias:
            return f".. py:data:: backstage.{name}\n   :value: {stringify_annotation(alias)}"


def use_cases_reference() -> str:
    """A section for each use case of a container, with what calling it takes, gives and raises."""
    return "".join(
        f"\n## {name}\n\n```{{eval-rst}}\n.. py:method:: Container.{name}{signature}\n   :async:\n\n"
        f"{indent(text, '   ')}\n```\n"
        for name, signature, text in _use_cases()
    )


def _use_cases() -> Iterator[tuple[str, str, str]]:
    for name, use_case in wired().items():
        kind = type(use_case)
        signature = stringify_signature(inspect.signature(use_case), unqualified_typehints=True)
        texts = (kind.__doc__, kind.__call__.__doc__)  # not getdoc: what `object` says of a call is no help
        yield name, signature, "\n\n".join(inspect.cleandoc(text) for text in texts if text)
