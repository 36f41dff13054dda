"""What a page shows around its text, the parts of the opening page, and what a page shows where it is shared.

Around its text: how long it takes to read, links to its tables, the next step, ways to rerun it. These are put into the
finished HTML of a page, so that neither the search nor the PDF knows of them.
"""

import json
import re
import shlex
import textwrap
from collections.abc import Mapping
from html import unescape
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
from analysis.book.charts import chart, chart_folder, chart_node, picture_file, size_of, whole_picture
from analysis.book.entries import fold, ledger_entry
from analysis.book.tables import OPENING
from analysis.charts import theme, vega
from analysis.core import paths, wording
from analysis.core.files import write_whole
from analysis.data.tables import load
from analysis.runs.parameters import declared

WORDS_A_MINUTE = 220  # of prose that one reads to understand it
SIGNS_A_WORD = 2  # Chinese and Japanese signs that take as long as a word
SIGNS = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
CHART_MINUTES, TABLE_MINUTES = 0.5, 0.25  # for a look at each
LEAST = 60  # words of a page that is worth a line
LOOKED_UP = (ledger_entry, nodes.citation, addnodes.glossary)  # one does not read these from the first to the last
HEADING = re.compile(r'(<a class="headerlink" href="[^"]*") title="([^"]*)"')


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


def minutes(words: str, charts: int = 0, tables: int = 0) -> int:
    """Return how long it takes to read a text and to look at charts and tables, in minutes; at least one."""
    signs = len(SIGNS.findall(words))
    others = len(SIGNS.sub(" ", words).split())
    reading = (others + signs / SIGNS_A_WORD) / WORDS_A_MINUTE
    return max(1, round(reading + charts * CHART_MINUTES + tables * TABLE_MINUTES))


def reading_line(document: nodes.document) -> str:
    """Return “About nine minutes, five charts, three tables”; empty for few words, and where one looks things up."""
    words = _prose(document)
    if len(words.split()) < LEAST or any(isinstance(node, LOOKED_UP) for node in document.findall()):
        return ""
    charts = sum(1 for _ in document.findall(chart))
    tables = sum(1 for _ in document.findall(nodes.table))
    tables += sum(len(OPENING.findall(node.astext())) for node in document.findall(nodes.raw))
    parts = [f"About {wording.plural(minutes(words, charts, tables), 'minute')}"]
    parts += [wording.plural(count, noun) for count, noun in ((charts, "chart"), (tables, "table")) if count]
    return ", ".join(parts)


def with_addresses(body: str) -> str:
    """Return the HTML of a page in which tables of notebooks link to their address, and such links have names."""

    def addressed(match: re.Match[str]) -> str:
        if not match["id"]:
            return match[0]
        link = f'<a class="headerlink" href="#{match["id"]}" aria-label="Link to this table">#</a>'
        end = f"</{match['head']}>"
        return match[0].removesuffix(end) + (link + end if match["kind"] == "figure" else end + link)

    return HEADING.sub(r'\1 aria-label="\2"', OPENING.sub(addressed, body))


def steps_of(app: Sphinx) -> dict[str, dict[Any, Any]]:
    """Return the steps of the argument by the page of their chapter; none in a book without the data package."""
    folder = Path(app.srcdir, "data")
    rows = load("steps", folder).to_dict("records") if (folder / "datapackage.json").exists() else []
    return {f"notebooks/{row['notebook']}": row for row in rows}


def add_parts(app: Sphinx, page: str, context: html.Context, doctree: nodes.document) -> None:
    """Put line, addresses and links into a page."""
    # a role that the list of a bibliography may have, in place of the one of docutils
    body = with_addresses(context["body"]).replace(' role="doc-biblioentry"', ' role="listitem"')
    if page != app.config.root_doc and (line := reading_line(doctree)):
        body = body.replace("</h1>", f'</h1>\n<p class="ba-time">{line}</p>', 1)
    builder: Any = app.builder
    _, before, after = builder.relations.get(page, (None, None, None))
    steps = steps_of(app)
    links = [
        {"kind": kind, "words": words, **context[kind], "step": steps.get(other)}
        for kind, words, other in (("prev", "Previous", before), ("next", "Next", after))
        if context.get(kind)
    ]
    if links:
        context["theme_show_prev_next"] = False
        body += html.render("steps", links=links)
    context["body"] = body


# --- the opening page

CHAPTER, FIGURE = "notebooks/08-balance", "fig-balance-map"
RELEASE = re.compile(r"^## \[(?P<version>[^\]]+)\] - \d{4}-\d\d-\d\d\n+(?P<news>[^#\n][^\n]*(?:\n[^#\n][^\n]*)*)", re.M)


class argument_map(nodes.General, nodes.Element):
    """The picture of the map: attributes light and dark (digests), heading, alt, width, height."""


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


def whats_new(directive: SphinxDirective) -> list[nodes.Node]:
    """Return one line on the newest release of the changelog, with a link to all of it."""
    version, news = newest_release(html.staged(directive.env, "CHANGELOG.md").read_text(encoding="utf-8"))
    line = f"**New in version {version}:** {news} [What changed](changelog.md)"
    parts, messages = directive.state.inline_text(line, directive.lineno)
    return [nodes.paragraph("", "", *parts, classes=["ba-new"]), *messages]


def map_picture(directive: SphinxDirective) -> list[nodes.Node]:
    """Return the picture of the map, and below it what to do with it."""
    file = html.staged(directive.env, f"{CHAPTER}.ipynb")
    spec = find_chart(json.loads(file.read_text(encoding="utf-8")), FIGURE)
    folder = chart_folder(directive.env.app)
    light = chart_node(spec, folder)
    dark = chart_node({**darkened(spec), "config": theme.DARK_CONFIG, "usermeta": {}}, folder)
    texts = {name: light[name] for name in ("heading", "alt", "width", "height")}
    return [argument_map(light=light["digest"], dark=dark["digest"], **texts)]


def map_values(builder: Any, node: argument_map) -> dict[str, Any]:
    """Return what the picture shows, and where it leads."""
    page = builder.get_target_uri(builder.current_docname)
    return {
        **{name: node[name] for name in ("heading", "alt")},
        **size_of(node),
        "pictures": [(kind, relative_uri(page, picture_file(builder, node[kind]))) for kind in ("light", "dark")],
        "address": f"{builder.get_relative_uri(builder.current_docname, CHAPTER)}#{FIGURE}",
    }


# --- the button of a chapter

RERUN_PAGE = "book/rerun"
REPOSITORY = re.compile(r"([\w.-]+)/([\w.-]+)/([\w./-]+)")


def binder_address(repository: str, notebook: str) -> str:
    """Return the address that opens a notebook on Binder; empty without a repository. Raises ConfigError."""
    if not repository:
        return ""
    parts = REPOSITORY.fullmatch(repository)
    if parts is None:
        raise ConfigError(
            f"_config.yml, binder_repository: “{repository}”; allowed: OWNER/REPOSITORY/COMMIT, or nothing"
        )
    place = f"{parts[1]}/{parts[2]}/{quote(parts[3], safe='')}?urlpath=lab/tree/{quote(notebook)}"
    return f"https://mybinder.org/v2/gh/{place}"


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
    more = app.builder.get_relative_uri(page, RERUN_PAGE)
    context["body"] += html.render("rerun", binder=address, commands=commands(notebook), more=more)
    button = {"type": "link", "url": more, "text": "Rerun", "icon": "fas fa-rocket", "label": "rerun-button"}
    context["header_buttons"].insert(0, button)
    app.add_js_file("rerun.js", loading_method="defer")


# --- where its address is shared: Open Graph

CARDS = "_images/cards"
LONGEST = 200  # characters of a description; sites cut longer ones
META = re.compile(r'<meta (?:property="og:|name="(?:twitter:card|description)")[^>]*>\n')


def description_of(doctree: nodes.document) -> str:
    """Return the first paragraph of the running text of a page, shortened; empty where there is none."""
    paragraphs = (node.astext() for node in doctree.findall(nodes.paragraph) if isinstance(node.parent, nodes.section))
    return textwrap.shorten(next(paragraphs, "").removeprefix("Question."), LONGEST, placeholder="…")


def card_of(app: Sphinx, doctree: nodes.document) -> tuple[str, str]:
    """Return the file in the book with the first chart of a page or else the map, drawn once, and its alt text."""
    figure, folder = next(doctree.findall(chart), None), chart_folder(app)
    name = f"{figure['digest'] if figure else paths.README_PICTURE.stem}.png"
    drawn, target = folder / name, Path(app.outdir, CARDS, name)
    if not drawn.exists():
        svg = whole_picture(figure, folder) if figure else paths.README_PICTURE.read_text(encoding="utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(drawn, vega.draw_png(svg))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(drawn.read_bytes())
    return f"{CARDS}/{name}", figure["alt"] if figure else "The argument of the article, as a map."


def add_tags(app: Sphinx, page: str, context: html.Context, doctree: nodes.document) -> None:
    """Put the tags into a page, and its picture beside the book; whole addresses need `html_baseurl`."""
    address, base = app.builder.get_target_uri(page), str(app.config.html_baseurl or "").rstrip("/")
    picture, alt = card_of(app, doctree)
    tags = html.render(
        "tags",
        description=description_of(doctree) or app.config.html_title,
        title=unescape(re.sub(r"<[^>]+>", "", context["title"])),
        kind="website" if page == app.config.root_doc else "article",
        book=app.config.html_title,
        picture=f"{base}/{picture}" if base else relative_uri(address, picture),
        alt=alt,
        address=f"{base}/{address}" if base else "",
    )
    context["metatags"] = context.get("metatags", "") + tags


def write_entrance(app: Sphinx, folder: Path) -> None:
    """Let index.html lead to the first page, which may lie in a folder, and give it the tags of that page."""
    first = app.config.root_doc
    if first != "index":
        address = app.builder.get_target_uri(first)
        tags = "".join(META.findall((folder / address).read_text(encoding="utf-8")))
        page = html.render(
            "entrance",
            address=address,
            title=app.config.html_title,
            language=app.config.language,
            tags=tags.replace('content="../', 'content="'),
        )
        (folder / "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    html.on_page(app, add_parts, priority=501)
    html.add_node(app, argument_map, "argument-map", map_values)
    html.add_directive(app, "whats-new", whats_new)
    html.add_directive(app, "argument-map", map_picture)
    app.add_config_value("binder_repository", "", "html", str)
    html.on_page(app, add_button, priority=502)  # after the theme has listed its own buttons
    html.on_page(app, add_tags)
    html.on_finish(app, write_entrance)
