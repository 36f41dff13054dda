"""What a page shows around its text: how long it takes to read, links to its charts and tables, and the next step.

All of it is put into the finished HTML of a page, so that neither the search nor the PDF knows of it.
"""

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError, ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from analysis.book import html
from analysis.book.charts import chart, chart_folder, chart_node, picture_file, size_of
from analysis.book.entries import fold, ledger_entry
from analysis.book.roles import staged
from analysis.book.tables import OPENING
from analysis.charts import theme, vega
from analysis.core import wording
from analysis.data.tables import load
from analysis.runs.parameters import declared

WORDS_A_MINUTE = 220  # of prose that one reads to understand it
SIGNS_A_WORD = 2  # Chinese and Japanese signs that take as long as a word
SIGNS = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
CHART_MINUTES, TABLE_MINUTES = 0.5, 0.25  # for a look at each
LEAST = 60  # words of a page that is worth a line
HEADING = re.compile(r'(<a class="headerlink" href="[^"]*") title="([^"]*)"')


# --- how long it takes


def _prose(node: nodes.Node) -> str:
    """Return the words of running text: without code, tables, charts and what is folded."""
    if isinstance(node, nodes.raw):
        text = node.astext()
        return "" if "<table" in text or "<details" in text else re.sub(r"<[^>]+>", " ", text)
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.literal_block | nodes.table | nodes.comment | chart | fold):
        return ""
    return ("" if isinstance(node, nodes.Inline) else " ") + "".join(map(_prose, node.children))


def looked_up(node: nodes.Node) -> bool:
    """Return whether a node is something that one looks up, and does not read from the first to the last."""
    return isinstance(node, ledger_entry | nodes.citation | addnodes.glossary)


def minutes(words: str, charts: int = 0, tables: int = 0) -> int:
    """Return how long it takes to read a text and to look at charts and tables, in minutes; at least one."""
    signs = len(SIGNS.findall(words))
    others = len(SIGNS.sub(" ", words).split())
    reading = (others + signs / SIGNS_A_WORD) / WORDS_A_MINUTE
    return max(1, round(reading + charts * CHART_MINUTES + tables * TABLE_MINUTES))


def reading_line(document: nodes.document) -> str:
    """Return what a page asks of its reader: About nine minutes, five charts, three tables.

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
    """Return the HTML of a page in which tables of notebooks link to their address, and such links have names."""

    def addressed(match: re.Match[str]) -> str:
        if not match["id"]:
            return match[0]
        link = f'<a class="headerlink" href="#{match["id"]}" aria-label="Link to this table">#</a>'
        end = f"</{match['head']}>"
        return match[0].removesuffix(end) + (link + end if match["kind"] == "figure" else end + link)

    return HEADING.sub(r'\1 aria-label="\2"', OPENING.sub(addressed, body))


# --- the next step


def steps_of(app: Sphinx) -> dict[str, dict[Any, Any]]:
    """Return the steps of the argument by the page of their chapter; none in a book without that table."""
    folder = Path(app.srcdir, "data")
    if not (folder / "steps.csv").exists() or not (folder / "datapackage.json").exists():
        return {}
    return {f"notebooks/{row['notebook']}": row for row in load("steps", folder).to_dict("records")}


def add_parts(app: Sphinx, page: str, context: html.Context, doctree: nodes.document) -> None:
    """Put line, addresses and links into a page."""
    body = with_addresses(context["body"])
    if page != app.config.root_doc and (line := reading_line(doctree)):
        body = body.replace("</h1>", f'</h1>\n<p class="ba-time">{line}</p>', 1)
    builder: Any = app.builder
    _, before, after = builder.relations.get(page, (None, None, None))
    steps = steps_of(app)
    links = [
        {"kind": kind, "words": words, "address": context[kind]["link"], "title": context[kind]["title"]}
        | {"step": steps.get(other)}
        for kind, words, other in (("prev", "Previous", before), ("next", "Next", after))
        if other and context.get(kind)
    ]
    if links:
        context["theme_show_prev_next"] = False
        body += html.render("steps", links=links)
    context["body"] = body


# --- the opening page

CHAPTER, FIGURE = "notebooks/08-balance", "fig-balance-map"
RELEASE = re.compile(r"^## \[(?P<version>[^\]]+)\] - \d{4}-\d\d-\d\d\n+(?P<news>[^#\n][^\n]*(?:\n[^#\n][^\n]*)*)", re.M)


class argument_map(nodes.General, nodes.Element):
    """The picture of the map: attributes light and dark (names of its files), heading, alt, width, height."""


def newest_release(changelog: str) -> tuple[str, str]:
    """Return version and first paragraph of the newest release. Raises ExtensionError where it has none."""
    match = RELEASE.search(changelog)
    if match is None:
        raise ExtensionError(
            "CHANGELOG.md: no release with a day and a paragraph; allowed: “## [0.1.0] - 2026-11-23”, then what is new"
        )
    return match["version"], " ".join(match["news"].split())


def darkened(part: Any) -> Any:
    """Return a specification in the colours of the dark page, as the script of the charts makes it, data aside."""
    if isinstance(part, str):
        return theme.DARK_COLOURS.get(part, part)
    if isinstance(part, list):
        return [darkened(item) for item in part]
    if isinstance(part, dict):
        return {key: value if key in ("datasets", "values") else darkened(value) for key, value in part.items()}
    return part


def find_chart(notebook: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the specification of a chart of an executed notebook. Raises ExtensionError where it has none."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            spec: dict[str, Any] = output.get("data", {}).get(vega.MIME_TYPE, {})
            if spec.get("usermeta", {}).get("figure", {}).get("name") == name:
                return spec
    raise ExtensionError(f"there is no chart {name} in the chapter that the opening page shows")


class WhatsNew(SphinxDirective):
    """```{whats-new} becomes one line on the newest release of the changelog, with a link to all of it."""

    def run(self) -> list[nodes.Node]:
        """Return the line."""
        file = staged(self.env, "CHANGELOG.md")
        version, news = newest_release(file.read_text(encoding="utf-8"))
        parts, messages = self.state.inline_text(
            f"**New in version {version}:** {news} [What changed](changelog.md)", self.lineno
        )
        return [nodes.paragraph("", "", *parts, classes=["ba-new"]), *messages]


class ArgumentMap(SphinxDirective):
    """```{argument-map} becomes the picture of the map of the argument, which leads to its chart."""

    def run(self) -> list[nodes.Node]:
        """Return the picture, and below it what to do with it."""
        file = staged(self.env, f"{CHAPTER}.ipynb")
        spec = find_chart(json.loads(file.read_text(encoding="utf-8")), FIGURE)
        folder = chart_folder(self.env.app)
        light, dark = (
            chart_node(one, folder) for one in (spec, {**darkened(spec), "config": theme.DARK_CONFIG, "usermeta": {}})
        )
        texts = {name: light[name] for name in ("heading", "subheading", "alt", "width", "height")}
        return [argument_map(light=light["digest"], dark=dark["digest"], **texts)]


def map_values(builder: Any, node: argument_map) -> dict[str, Any]:
    """Return what the picture shows, and where it leads."""
    page = builder.get_target_uri(builder.current_docname)
    return {
        "heading": node["heading"],
        "alt": node["alt"],
        **size_of(node),
        "pictures": [(kind, relative_uri(page, picture_file(builder, node[kind]))) for kind in ("light", "dark")],
        "address": f"{relative_uri(page, builder.get_target_uri(CHAPTER))}#{FIGURE}",
    }


# --- the button of a chapter

RERUN_PAGE = "book/rerun"
RERUN_SCRIPT = "rerun.js"
BINDER = "https://mybinder.org/v2/gh/"
REPOSITORY = re.compile(r"([\w.-]+)/([\w.-]+)/([\w./-]+)")


def binder_address(repository: str, notebook: str) -> str:
    """Return the address that opens a notebook on Binder; empty where no repository is set.

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
    """Return the ways to rerun a chapter at home: what each is for, and its command lines."""
    parameter = declared(notebook)[0]
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


def add_button(app: Sphinx, page: str, context: html.Context, _doctree: nodes.document) -> None:
    """Put the button and what it opens into a page that is a chapter, where the book has the page on rerunning."""
    if RERUN_PAGE not in app.env.found_docs or not app.env.doc2path(page).endswith(".ipynb"):
        return
    notebook = Path(app.env.doc2path(page))
    address = binder_address(app.config.binder_repository, f"{page}.ipynb")
    more = relative_uri(app.builder.get_target_uri(page), app.builder.get_target_uri(RERUN_PAGE))
    context["body"] += html.render("rerun", binder=address, commands=commands(notebook), more=more)
    button = {"type": "link", "url": more, "text": "Rerun", "icon": "fas fa-rocket", "label": "rerun-button"}
    context["header_buttons"].insert(0, button)
    app.add_js_file(RERUN_SCRIPT, loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    html.on_page(app, add_parts, priority=501)
    html.add_node(app, argument_map, "argument-map", map_values)
    app.add_directive("whats-new", WhatsNew)
    app.add_directive("argument-map", ArgumentMap)
    app.add_config_value("binder_repository", "", "html", str)
    html.on_page(app, add_button, priority=502)  # after the theme has listed its own buttons
