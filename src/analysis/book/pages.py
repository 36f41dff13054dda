"""What a page shows around its text: how long it takes to read, links to its charts and tables, and the next step.

All of it is put into the finished HTML of a page, so that neither the search nor the PDF knows of it.
"""

import json
import re
import shlex
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError, ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from analysis.book.charts import chart, chart_folder, chart_node, picture_file
from analysis.book.entries import fold, ledger_entry
from analysis.book.tables import OPENING
from analysis.charts import theme, vega
from analysis.core import wording
from analysis.data.tables import load
from analysis.runs.rerun import declared

WORDS_A_MINUTE = 220  # of prose that one reads to understand it
SIGNS_A_WORD = 2  # Chinese and Japanese signs that take as long as a word
SIGNS = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
CHART_MINUTES, TABLE_MINUTES = 0.5, 0.25  # for a look at each
LEAST = 60  # words of a page that is worth a line
HEADING = re.compile(r'(<a class="headerlink" href="[^"]*") title="([^"]*)"')


# --- how long it takes


def _prose(node: nodes.Node) -> str:
    """The words of running text: without code, tables, charts and what is folded."""
    if isinstance(node, nodes.raw):
        html = node.astext()
        return "" if "<table" in html or "<details" in html else re.sub(r"<[^>]+>", " ", html)
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.literal_block | nodes.table | nodes.comment | chart | fold):
        return ""
    return ("" if isinstance(node, nodes.Inline) else " ") + "".join(map(_prose, node.children))


def looked_up(node: nodes.Node) -> bool:
    """Whether a node is something that one looks up, and does not read from the first to the last."""
    return isinstance(node, ledger_entry | nodes.citation | addnodes.glossary)


def minutes(words: str, charts: int = 0, tables: int = 0) -> int:
    """How long it takes to read a text and to look at charts and tables, in minutes; at least one."""
    signs = len(SIGNS.findall(words))
    others = len(SIGNS.sub(" ", words).split())
    reading = (others + signs / SIGNS_A_WORD) / WORDS_A_MINUTE
    return max(1, round(reading + charts * CHART_MINUTES + tables * TABLE_MINUTES))


def reading_line(document: nodes.document) -> str:
    """What a page asks of its reader: About nine minutes, five charts, three tables.

    Empty for a page of few words, and for one in which one looks things up: entries, words, sources.
    """
    words = _prose(document)
    if len(words.split()) < LEAST or next(document.findall(looked_up), None) is not None:
        return ""
    charts = sum(1 for _ in document.findall(chart))
    tables = sum(1 for _ in document.findall(nodes.table))
    tables += sum(len(OPENING.findall(node.astext())) for node in document.findall(nodes.raw))
    parts = [f"About {wording.plural(minutes(words, charts, tables), 'minute')}"]
    parts += [wording.plural(count, noun) for count, noun in ((charts, "chart"), (tables, "table")) if count]
    return ", ".join(parts)


# --- addresses of tables


def with_addresses(body: str) -> str:
    """The HTML of a page in which tables of notebooks have a link to their address, and such links have names."""

    def addressed(found: re.Match[str]) -> str:
        if not found["id"]:
            return found[0]
        link = f'<a class="headerlink" href="#{found["id"]}" aria-label="Link to this table">#</a>'
        end = f"</{found['head']}>"
        return found[0].removesuffix(end) + (link + end if found["kind"] == "figure" else end + link)

    return HEADING.sub(r'\1 aria-label="\2"', OPENING.sub(addressed, body))


# --- the next step


def neighbour(kind: str, link: str, title: str, step: Mapping[str, Any] | None) -> str:
    """The link to the page before or after, with its step of the argument where it has one."""
    words = {"prev": "Previous", "next": "Next"}[kind]
    if step is None:
        inside = f'<span class="ba-step-what">{words}</span><span class="ba-step-title">{title}</span>'
    else:
        inside = (
            f'<span class="ba-step-what">{words} step</span>'
            f'<span class="ba-step-title">{step["step_id"]} {escape(str(step["title"]))}</span>'
            f'<span class="ba-step-told">{escape(str(step["argument"]))}</span>'
        )
    return f'<a class="ba-step-{kind}" rel="{kind}" href="{link}">{inside}</a>'


def steps_of(app: Sphinx) -> dict[str, dict[Any, Any]]:
    """The steps of the argument by the page of their chapter; none in a book without that table."""
    folder = Path(app.srcdir, "data")
    if not (folder / "steps.csv").exists() or not (folder / "datapackage.json").exists():
        return {}
    return {f"notebooks/{row['notebook']}": row for row in load("steps", folder).to_dict("records")}


def add_parts(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put line, addresses and links into a page."""
    if doctree is None or "body" not in context:
        return
    body = with_addresses(context["body"])
    if page != app.config.root_doc and (line := reading_line(doctree)):
        body = body.replace("</h1>", f'</h1>\n<p class="ba-time">{line}</p>', 1)
    builder: Any = app.builder
    _, before, after = builder.relations.get(page, (None, None, None))
    steps = steps_of(app)
    links = [
        neighbour(kind, context[kind]["link"], context[kind]["title"], steps.get(other))
        for kind, other in (("prev", before), ("next", after))
        if other and context.get(kind)
    ]
    if links:
        context["theme_show_prev_next"] = False
        body += f'<nav class="ba-steps" aria-label="Previous and next page">{"".join(links)}</nav>\n'
    context["body"] = body


# --- the opening page

CHAPTER, FIGURE = "notebooks/08-balance", "fig-balance-map"
RELEASE = re.compile(r"^## \[(?P<version>[^\]]+)\] - \d{4}-\d\d-\d\d\n+(?P<told>[^#\n][^\n]*(?:\n[^#\n][^\n]*)*)", re.M)


class argument_map(nodes.General, nodes.Element):
    """The picture of the map: attributes light and dark (names of its files), heading, alt, width, height."""


def newest_release(changelog: str) -> tuple[str, str]:
    """Version and first paragraph of the newest release. Raises ExtensionError where it has none."""
    found = RELEASE.search(changelog)
    if found is None:
        raise ExtensionError(
            "CHANGELOG.md: no release with a day and a paragraph; allowed: “## [0.1.0] - 2026-11-23”, then what is new"
        )
    return found["version"], " ".join(found["told"].split())


def darkened(part: Any) -> Any:
    """A specification in the colours of the dark page, as the script of the charts makes it; data stay as they are."""
    if isinstance(part, str):
        return theme.DARK_COLOURS.get(part, part)
    if isinstance(part, list):
        return [darkened(item) for item in part]
    if isinstance(part, dict):
        return {key: value if key in ("datasets", "values") else darkened(value) for key, value in part.items()}
    return part


def find_chart(notebook: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The specification of the chart of this name in an executed notebook. Raises ExtensionError where it has none."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            spec: dict[str, Any] = output.get("data", {}).get(vega.MIME_TYPE, {})
            if spec.get("usermeta", {}).get("figure", {}).get("name") == name:
                return spec
    raise ExtensionError(f"there is no chart {name} in the chapter that the opening page shows")


class WhatsNew(SphinxDirective):
    """```{whats-new} becomes one line on the newest release of the changelog, with a link to all of it."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """The line."""
        file = Path(self.env.srcdir, "CHANGELOG.md")
        self.env.note_dependency(str(file))
        version, told = newest_release(file.read_text(encoding="utf-8"))
        parts, messages = self.state.inline_text(
            f"**New in version {version}:** {told} [What changed](changelog.md)", self.lineno
        )
        return [nodes.paragraph("", "", *parts, classes=["ba-new"]), *messages]


class ArgumentMap(SphinxDirective):
    """```{argument-map} becomes the picture of the map of the argument, which leads to its chart."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """The picture, and below it what to do with it."""
        file = Path(self.env.srcdir, f"{CHAPTER}.ipynb")
        self.env.note_dependency(str(file))
        spec = find_chart(json.loads(file.read_text(encoding="utf-8")), FIGURE)
        folder = chart_folder(self.env.app)
        light, dark = (
            chart_node(one, folder) for one in (spec, {**darkened(spec), "config": theme.DARK_CONFIG, "usermeta": {}})
        )
        told = {name: light[name] for name in ("heading", "subheading", "alt", "width", "height")}
        return [argument_map(light=light["digest"], dark=dark["digest"], **told)]


def visit_map(translator: Any, node: argument_map) -> None:
    """Write the picture, which is a link, and its two files."""
    builder = translator.builder
    page = builder.get_target_uri(builder.current_docname)
    pictures = ""
    for kind in ("light", "dark"):
        file = picture_file(builder, node[kind])
        pictures += (
            f'<img class="only-{kind}" src="{relative_uri(page, file)}" alt="{escape(node["alt"], quote=True)}" '
            f'width="{node["width"]:g}" height="{node["height"]:g}" loading="lazy">'  # one of the two is never seen
        )
    address = f"{relative_uri(page, builder.get_target_uri(CHAPTER))}#{FIGURE}"
    translator.body.append(
        f'<figure class="ba-map"><a href="{address}">{pictures}</a>'
        f"<figcaption>{escape(node['heading'])}. The picture leads to the chart in its chapter, where each tile tells "
        "its claim.</figcaption></figure>\n"
    )
    raise nodes.SkipNode


# --- the button of a chapter

RERUN_PAGE = "book/rerun"
RERUN_SCRIPT = "rerun.js"
BINDER = "https://mybinder.org/v2/gh/"
REPOSITORY = re.compile(r"([\w.-]+)/([\w.-]+)/([\w./-]+)")


def binder_address(repository: str, notebook: str) -> str:
    """The address that opens a notebook on Binder; empty where no repository is set.

    repository: OWNER/REPOSITORY/COMMIT on GitHub. Raises ConfigError where it has another form.
    """
    if not repository:
        return ""
    parts = REPOSITORY.fullmatch(repository)
    if parts is None:
        raise ConfigError(
            f"_config.yml, binder_repository: “{repository}”; allowed: OWNER/REPOSITORY/COMMIT, or nothing"
        )
    return f"{BINDER}{parts[1]}/{parts[2]}/{quote(parts[3], safe='')}?urlpath=lab/tree/{quote(notebook)}"


def commands(notebook: Path) -> list[tuple[str, str]]:
    """The ways to rerun a chapter at home: what each is for, and its command lines."""
    parameter = next(iter(declared(notebook).values()))
    value = str(parameter.default).lower() if parameter.type == "bool" else str(parameter.default)
    number = notebook.stem.partition("-")[0]
    place = "notebooks/cases" if notebook.parent.name == "cases" else "notebooks"
    pair, single = shlex.quote(f"{parameter.name}={value}"), shlex.quote(value)
    return [
        ("In JupyterLab, where every cell can be changed", "make lab"),
        (
            f"With your value in place of {value} for {parameter.name} ({parameter.meaning}), compared with the book",
            f". .venv/bin/activate\nbalancing-act rerun {number} -p {pair}",
        ),
        ("The same with papermill", f"papermill {place}/{notebook.name} again.ipynb -p {parameter.name} {single}"),
    ]


def dialog(notebook: Path, address: str, page: str) -> str:
    """The explanation that the button opens. page: the address of the page on rerunning."""
    if address:
        binder = (
            f'<p data-network="on"><a class="ba-rerun-binder" href="{escape(address)}">Open this chapter on Binder</a> '
            "It runs in your browser, with nothing to install, and takes some minutes to start.</p>"
            '<p data-network="off" hidden>Binder needs a network, and there is none at the moment.</p>'
        )
    else:
        binder = "<p>An address on Binder will stand here once the book is published with its repository.</p>"
    ways = "".join(f"<dt>{escape(what)}</dt><dd><pre>{escape(line)}</pre></dd>" for what, line in commands(notebook))
    return (
        '<dialog class="ba-rerun" id="ba-rerun" aria-labelledby="ba-rerun-title">'
        '<form method="dialog"><button>Close</button></form>'
        f'<h2 id="ba-rerun-title">Rerun this chapter</h2>{binder}'
        "<p>On your own machine, in a copy of the repository; after the set-up this needs no network:</p>"
        f'<dl>{ways}</dl><p><a href="{escape(page)}">More on rerunning</a></p></dialog>\n'
    )


def add_button(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the button and what it opens into a page that is a chapter, where the book has the page on rerunning."""
    if doctree is None or RERUN_PAGE not in app.env.found_docs or not app.env.doc2path(page).endswith(".ipynb"):
        return
    notebook = Path(app.env.doc2path(page))
    address = binder_address(app.config.binder_repository, f"{page}.ipynb")
    more = relative_uri(app.builder.get_target_uri(page), app.builder.get_target_uri(RERUN_PAGE))
    context["body"] += dialog(notebook, address, more)
    button = {"type": "link", "url": more, "text": "Rerun", "icon": "fas fa-rocket", "label": "rerun-button"}
    context["header_buttons"].insert(0, button)
    app.add_js_file(RERUN_SCRIPT, loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("html-page-context", add_parts, priority=501)
    app.add_node(argument_map, html=(visit_map, None))
    app.add_directive("whats-new", WhatsNew)
    app.add_directive("argument-map", ArgumentMap)
    app.add_config_value("binder_repository", "", "html", str)
    app.connect("html-page-context", add_button, priority=502)  # after the theme has listed its own buttons
