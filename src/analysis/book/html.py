"""How parts of a page become HTML by the files in `templates`, and how the parts of the book register with Sphinx."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

Context = dict[str, Any]  # of a page, as its template gets it
TEMPLATES = FileSystemLoader(Path(__file__).with_name("templates"))
ENVIRONMENT = Environment(
    loader=TEMPLATES, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def render(template: str, **values: Any) -> str:
    """Return the HTML of a template with values, which are escaped unless it marks them as safe."""
    return ENVIRONMENT.get_template(f"{template}.html").render(values)


def staged(env: Any, *place: str) -> Path:
    """Return a file of the staged book, on which the page that is read then depends."""
    file = Path(env.srcdir, *place)
    env.note_dependency(str(file))
    return file


def change_raw(document: nodes.document, change: Callable[[str], str]) -> None:
    """Replace each piece of HTML that stands in a page, as in the outputs of its notebook, by what is made of it."""
    for node in list(document.findall(nodes.raw)):
        if "html" in node["format"].split() and (changed := change(node.astext())) != node.astext():
            node.replace_self(nodes.raw("", changed, format=node["format"]))


def as_json(value: Any) -> str:
    """Return a value as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def data_script(place: str, data: Any) -> str:
    """Return data as a classic script, which also loads from file://; place: the variable that holds them."""
    return f"{place} = {as_json(data)};\n".replace("</", "<\\/")


def add_directive(
    app: Sphinx, name: str, make: Callable[[Any], list[nodes.Node]], arguments: int = 0, content: bool = False
) -> None:
    """Let a block ```{name} of a page become the nodes that a function makes of its directive."""
    attributes = {"run": make, "required_arguments": arguments, "has_content": content}
    app.add_directive(name, type(name, (SphinxDirective,), attributes))


def add_node(
    app: Sphinx, kind: type[nodes.Element], template: str, values: Callable[[Any, Any], dict[str, Any]] | None = None
) -> None:
    """Let HTML show a kind of node by a template with values, made of the builder and the node, or its attributes."""

    def visit(translator: Any, node: nodes.Element) -> None:
        shown = values(translator.builder, node) if values else node.attributes
        translator.body.append(render(template, **shown))
        raise nodes.SkipNode

    app.add_node(kind, html=(visit, None))


def on_tree(
    app: Sphinx,
    change: Callable[[Sphinx, nodes.document, str], None],
    priority: int,
    formats: tuple[str, ...] = ("html",),
    builders: tuple[str, ...] = (),
) -> None:
    """Let the tree of each page be changed or read before it is written, lowest priority first; (): of every one."""

    def run(transform: SphinxPostTransform, **_: Any) -> None:
        change(transform.app, transform.document, transform.env.docname)

    attributes = {"run": run, "default_priority": priority, "formats": formats, "builders": builders}
    app.add_post_transform(type(change.__name__, (SphinxPostTransform,), attributes))


def on_page(app: Sphinx, change: Callable[[Sphinx, str, Context, nodes.document], None], priority: int = 500) -> None:
    """Let the context of each page that has a tree be changed: its body, and the scripts that it loads."""

    def called(app: Sphinx, page: str, _template: str, context: Context, doctree: nodes.document | None) -> None:
        if doctree is not None:
            change(app, page, context, doctree)

    app.connect("html-page-context", called, priority=priority)


def on_finish(app: Sphinx, finish: Callable[[Sphinx, Path], None]) -> None:
    """Let a finished HTML book, in its folder, be changed."""

    def called(app: Sphinx, error: Exception | None) -> None:
        if error is None and app.builder.format == "html":
            finish(app, Path(app.outdir))

    app.connect("build-finished", called)


def load_with(app: Sphinx, kind: type[nodes.Element], script: str) -> None:
    """Load a script on the pages that hold a kind of node."""

    def load(app: Sphinx, _page: str, _context: Context, doctree: nodes.document) -> None:
        if next(doctree.findall(kind), None) is not None:
            app.add_js_file(script, loading_method="defer")

    on_page(app, load)
