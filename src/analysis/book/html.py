"""How parts of a page become HTML: by templates, which escape what stands in them, and scripts that load when needed.

A template is a file in `templates`; what is HTML already is marked there as safe.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sphinx.application import Sphinx

Context = dict[str, Any]  # of a page, as its template gets it
FOLDER = Path(__file__).with_name("templates")
ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def render(template: str, **values: Any) -> str:
    """Return the HTML of a template with values, which are escaped."""
    return ENVIRONMENT.get_template(f"{template}.html").render(values)


def add_node(
    app: Sphinx, kind: type[nodes.Element], template: str, values: Callable[[Any, Any], dict[str, Any]]
) -> None:
    """Let HTML show a kind of node by a template; values: what the template needs, of the builder and the node."""

    def visit(translator: Any, node: nodes.Element) -> None:
        translator.body.append(render(template, **values(translator.builder, node)))
        raise nodes.SkipNode

    app.add_node(kind, html=(visit, None))


def change_raw(document: nodes.document, change: Callable[[str], str]) -> None:
    """Replace each piece of HTML that stands in a page, as in the outputs of its notebook, by what is made of it."""
    for node in list(document.findall(nodes.raw)):
        if "html" in node["format"].split() and (changed := change(node.astext())) != node.astext():
            node.replace_self(nodes.raw("", changed, format=node["format"]))


def pages_of(app: Sphinx, name: str) -> dict[str, Any]:
    """Return what one build keeps under a name, by page."""
    pages: dict[str, Any] = vars(app.builder).setdefault(f"book_{name}", {})
    return pages


def data_script(place: str, data: Any) -> str:
    """Return data as a classic script, which also loads from file://; place: the variable that holds them."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return f"{place} = {text};\n"


def on_page(app: Sphinx, change: Callable[[Sphinx, str, Context, nodes.document], None], priority: int = 500) -> None:
    """Let the context of each page that has a tree be changed: its body, and the scripts that it loads."""

    def called(app: Sphinx, page: str, _template: str, context: Context, doctree: nodes.document | None) -> None:
        if doctree is not None:
            change(app, page, context, doctree)

    app.connect("html-page-context", called, priority=priority)


def load_with(app: Sphinx, kind: type[nodes.Element], script: str) -> None:
    """Load a script on the pages that hold a kind of node."""

    def load(app: Sphinx, _page: str, _context: Context, doctree: nodes.document) -> None:
        if next(doctree.findall(kind), None) is not None:
            app.add_js_file(script, loading_method="defer")

    on_page(app, load)
