"""Charts in the book: a renderer for myst-nb, the node it makes, and what an HTML page shows for it.

A chart becomes one `chart` node, which each builder shows in its way: HTML the title and subtitle as text, the
interactive chart where scripts run and else the picture, then the caption, the source and the data; the PDF the same
picture. The Vega scripts are written beside the book and loaded only by pages with charts: nothing comes from another
host.
"""

import base64
import hashlib
import importlib.metadata
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from analysis.book.safety import spec_faults
from analysis.book.tables import about
from analysis.charts import theme, vega
from analysis.core import paths
from analysis.core.files import write_whole
from analysis.data import export
from analysis.runs import results

LEDGER = "book/ledger"
ENGINE, SCRIPT = "vega.js", "charts.js"
WHOLE = ".whole.svg"  # the picture of a chart with its title
# weight of a chart font: its file, and what shows that a picture uses it
WEIGHTS = {
    "400": ("Inter-Regular-chart.woff2", "<text"),
    "600": ("Inter-SemiBold-chart.woff2", r'font-weight="([6-9]00|bold)"'),
}

logger = logging.getLogger(__name__)


class chart(nodes.General, nodes.Element):
    """A chart: digest, specification and title (JSON), heading, subheading, alt, caption, source, width, height."""


class VegaLiteRenderer:
    """Makes `chart` nodes of Vega-Lite outputs and hides the record of named results. An entry point of myst-nb."""

    # a lower number goes first; the builder of the PDF is not known to myst-nb, so all its forms are listed
    mime_priority_overrides: ClassVar[list[tuple[str, str, int | None]]] = [
        ("*", vega.MIME_TYPE, 2),
        ("typst", results.MIME_TYPE, 1),
        ("typst", "text/markdown", 20),
        ("typst", "image/svg+xml", 30),
        ("typst", "image/png", 40),
        ("typst", "image/jpeg", 50),
        ("typst", "text/latex", 60),
        ("typst", "text/plain", 90),
    ]

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """The nodes of an output, or None where it is not ours to render."""
        if data.mime_type in (results.MIME_TYPE, results.FILES_MIME_TYPE):
            return [nodes.raw("", "", format="none")]
        if data.mime_type == "image/svg+xml" and 'class="marks"' in str(data.content):
            return []  # Vega's own picture of a chart: the book draws it from the specification
        if data.mime_type != vega.MIME_TYPE or inline:
            return None
        document = renderer.renderer.document
        env = document.settings.env
        node = chart_node(data.content, chart_folder(env.app))
        if not node["alt"]:
            logger.warning("a chart has no alt text (usermeta.figure.alt)", location=(env.docname, data.line))
        if node["names"]:
            document.note_explicit_target(node, node)
        return [node]


def chart_folder(app: Sphinx) -> Path:
    """Where the pictures of the charts are kept between builds: beside the parsed pages."""
    return Path(app.doctreedir) / "charts"


def digest(spec: Mapping[str, Any]) -> str:
    """The name of a chart's files: the first 20 digits of the SHA-256 of its specification."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:20]


def _lines(text: Any) -> str:
    return " ".join(text) if isinstance(text, list) else str(text or "")


def chart_node(spec: Mapping[str, Any], folder: Path) -> chart:
    """The node of a specification; draws its picture, without the title, into a folder, unless it is there."""
    if faults := spec_faults(spec):
        raise ExtensionError(f"a chart is refused: {'; '.join(faults)}")
    figure = spec.get("usermeta", {}).get("figure", {})
    title = spec.get("title") or {}
    title = {"text": title} if isinstance(title, str | list) else title
    body = {key: value for key, value in spec.items() if key not in ("$schema", "title", "usermeta")}
    node = chart(
        digest=digest(spec),
        specification=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        title=json.dumps(title, ensure_ascii=False),
        heading=_lines(title.get("text")),
        subheading=_lines(title.get("subtitle")),
        alt=figure.get("alt", ""),
        caption=figure.get("caption", ""),
        source=figure.get("source", ""),
    )
    if name := figure.get("name"):
        node["names"], node["ids"] = [name], [name]
    drawn = folder / f"{node['digest']}.svg"
    if not drawn.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(drawn, vega.draw_svg(body).encode())
    node["width"], node["height"] = vega.size(drawn.read_text(encoding="utf-8"))
    return node


def whole_picture(node: chart, folder: Path) -> str:
    """The picture of a chart with its title, as SVG; it is kept in a folder."""
    drawn = folder / f"{node['digest']}{WHOLE}"
    if not drawn.exists():
        spec = json.loads(node["specification"])
        title = json.loads(node["title"])
        write_whole(drawn, vega.draw_svg(spec | ({"title": title} if title else {})).encode())
    return drawn.read_text(encoding="utf-8")


def inline_data(spec: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    """The data sets of a specification, longest first; single rows, which only place labels, are left out."""
    found: list[list[dict[str, Any]]] = list(spec.get("datasets", {}).values())

    def search(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(values := part.get("values"), list) and all(isinstance(row, dict) for row in values):
                found.append(values)
            for key, value in part.items():
                if key not in ("datasets", "values", "config"):
                    search(value)
        elif isinstance(part, list):
            for value in part:
                search(value)

    search(spec)
    return sorted((rows for rows in found if len(rows) > 1), key=len, reverse=True)


def data_table(rows: Sequence[Mapping[str, Any]], about: export.About) -> export.DataTable:
    """A data set of a chart as a table to write, with what its file says of it."""
    names = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[export.value_cell(row.get(name)) for name in names] for row in rows]
    return export.DataTable(names, [""] * len(names), cells, about)


def with_fonts(svg: str) -> str:
    """A picture that brings the chart fonts it uses with it: in an <img> it cannot use those of the page."""
    faces = "".join(
        f"@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/woff2;base64,"
        f"{base64.b64encode((paths.FONTS / name).read_bytes()).decode()})}}"
        for weight, (name, uses) in WEIGHTS.items()
        if re.search(uses, svg)
    )
    return re.sub(r"(<svg\b[^>]*>)", lambda tag: f"{tag[1]}<defs><style>{faces}</style></defs>", svg, count=1)


def write_once(path: Path, text: str) -> None:
    """Write a file unless it is there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def with_links(spec: Mapping[str, Any], address: str) -> dict[str, Any]:
    """A specification in which what has a tooltip of an entry of the ledger leads to that entry at an address."""
    linked: dict[str, Any] = json.loads(json.dumps(spec))
    for layer in linked.get("layer", ()):
        tooltip = layer.get("encoding", {}).get("tooltip", [])
        if any(isinstance(part, dict) and part.get("field") == "entry" for part in tooltip):
            layer["encoding"]["href"] = {"field": "href", "type": "nominal"}
    for rows in linked.get("datasets", {}).values():
        for row in rows:
            if "entry" in row:
                row["href"] = f"{address}#{row['entry'].lower()}"
    return linked


def picture_file(builder: Any, name: str, small: bool = False) -> str:
    """The file in the book of the picture of a chart, by its digest; written where it is missing.

    A small one brings no fonts: they are most of its weight, and nobody reads its text.
    """
    file = f"_images/{'small-' if small else ''}{name}.svg"
    if not (Path(builder.outdir) / file).exists():
        svg = (chart_folder(builder.app) / f"{name}.svg").read_text(encoding="utf-8")
        write_once(Path(builder.outdir) / file, svg if small else with_fonts(svg))
    return file


def visit_chart_html(translator: Any, node: chart) -> None:
    """Write the figure of a chart, and its picture and data as files of the book."""
    builder = translator.builder
    out, page = Path(builder.outdir), builder.get_target_uri(builder.current_docname)
    name = node["ids"][0] if node["ids"] else f"chart-{node['digest']}"
    image = picture_file(builder, node["digest"])
    whole = whole_picture(node, chart_folder(builder.app))
    file = f"_downloads/charts/{name}.svg"
    lines = (node["source"], f"{name}. {builder.config.citation_line}")
    write_once(out / file, with_fonts(vega.with_lines(whole, lines)))
    links = [
        f'<a href="{relative_uri(page, file)}" download="{name}.svg">Picture'
        '<span class="ba-hidden"> of this chart with its title and source, as</span> (SVG)</a>'
    ]

    source = node["source"].removeprefix("Source: ")
    notes = about(builder.app, builder.current_docname, name, node["heading"], node["subheading"], source)
    sets = inline_data(json.loads(node["specification"]))
    for number, rows in enumerate(sets, 1):
        file = f"_downloads/charts/{name}{f'-{number}' if number > 1 else ''}.csv"
        write_once(out / file, export.as_csv(data_table(rows, notes)))
        label = "Data" if len(sets) == 1 else f"Data {number}"
        links.append(
            f'<a class="ba-chart-data" href="{relative_uri(page, file)}" download="{Path(file).name}">{label}'
            f'<span class="ba-hidden"> of this chart, {len(rows)} rows, as</span> (CSV)</a>'
        )

    def quoted(text: str) -> str:
        return escape(text, quote=True)

    def line(tag: str, css: str, text: str) -> str:
        return f'<{tag} class="{css}">{escape(text)}</{tag}>' if text else ""

    permalink = f'<a class="headerlink" href="#{quoted(name)}" aria-label="Link to this chart">#</a>'
    specification = node["specification"]
    if address := ledger_address(builder):
        linked = with_links(json.loads(specification), address)
        specification = json.dumps(linked, ensure_ascii=False, separators=(",", ":"))
    specification = specification.replace("<", "\\u003c")  # in JSON a sign of HTML stands in texts alone
    translator.body.append(
        f'<figure class="ba-chart" id="{quoted(name)}">'
        + line("p", "ba-chart-title", node["heading"]).replace("</p>", f"{permalink}</p>")
        + line("p", "ba-chart-subtitle", node["subheading"])
        + f'<div class="ba-scroll" tabindex="0" role="group" aria-label="{quoted(node["heading"] or "Chart")}">'
        f'<div class="ba-chart-view" role="img" aria-label="{quoted(node["alt"])}" '
        f'data-picture="{relative_uri(page, image)}" data-width="{node["width"]:g}" data-height="{node["height"]:g}" '
        f'style="min-height: {node["height"]:g}px">'
        f'<noscript><img class="ba-chart-picture" src="{relative_uri(page, image)}" alt="{quoted(node["alt"])}" '
        f'width="{node["width"]:g}" height="{node["height"]:g}"></noscript></div></div>'
        '<noscript><p class="ba-chart-note">The picture stands for an interactive chart; it needs JavaScript.</p>'
        "</noscript>"
        "<figcaption>"
        + line("span", "ba-chart-caption", node["caption"])
        + '<span class="ba-chart-source">'
        + escape(node["source"])
        + f'<span class="ba-chart-files">{" · " if node["source"] else ""}{" · ".join(links)}</span>'
        + "</span></figcaption>"
        + f'<script type="application/json" class="ba-chart-spec">{specification}</script></figure>\n'
    )
    raise nodes.SkipNode


def ledger_address(builder: Any) -> str:
    """The address of the ledger of claims from the page that is written; empty where the book has none."""
    if LEDGER not in builder.env.found_docs:
        return ""
    return str(relative_uri(builder.get_target_uri(builder.current_docname), builder.get_target_uri(LEDGER)))


def load_scripts(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the script of the charts on pages that have some; it loads those that draw."""
    if doctree is not None and next(doctree.findall(chart), None) is not None:
        app.add_js_file(SCRIPT, loading_method="defer")


# --- the page with all charts


class gallery(nodes.General, nodes.Element):
    """Where the charts of all chapters stand."""


class ChartGallery(SphinxDirective):
    """```{chart-gallery} becomes the pictures of all charts, chapter by chapter."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """A place to fill when all chapters are read."""
        self.env.note_reread()  # the charts are those of other pages
        return [gallery()]


def chapters(env: Any) -> list[str]:
    """The pages of notebooks, in the order of the book."""
    return sorted(name for name in env.found_docs if env.doc2path(name).endswith(".ipynb"))


def visit_gallery_html(translator: Any, _node: gallery) -> None:
    """Write a list of pictures under the title of each chapter."""
    builder = translator.builder
    env, here = builder.env, builder.get_target_uri(builder.current_docname)
    parts = []
    for number, name in enumerate(chapters(env), 1):
        tree = env.get_doctree(name)
        address = relative_uri(here, builder.get_target_uri(name))
        items = []
        for node in tree.findall(chart):
            file = picture_file(builder, node["digest"], small=True)
            link = f"{address}#{node['ids'][0]}" if node["ids"] else address
            items.append(
                f'<li><a href="{escape(link)}"><img src="{relative_uri(here, file)}" alt="" loading="lazy" '
                f'width="{node["width"]:g}" height="{node["height"]:g}"><span>{escape(node["heading"])}</span></a></li>'
            )
        if items:
            title = f"{number}. {env.titles[name].astext()}"
            parts.append(f'<h2>{escape(title)}</h2>\n<ul class="ba-gallery">{"".join(items)}</ul>\n')
    translator.body.append("".join(parts))
    raise nodes.SkipNode


# --- the scripts that draw them


@cache
def _bundle() -> str:
    import vl_convert

    return str(vl_convert.javascript_bundle(vl_version=vega.VERSION))  # type: ignore[call-arg]


def vega_script(folder: Path) -> str:
    """The Vega scripts with the colours of the dark page, as a classic script, which also loads from file://.

    The bundle takes a second to make, so a folder keeps it between builds.
    """
    kept = folder / f"bundle-{vega.VERSION}-{importlib.metadata.version('vl-convert-python')}.js"
    if not kept.exists():
        write_once(kept, _bundle())
    dark = json.dumps({"config": theme.DARK_CONFIG, "colours": theme.DARK_COLOURS}, sort_keys=True)
    return f"(function () {{\n{kept.read_text(encoding='utf-8')}\n}})();\nwindow.bookCharts = {dark};\n"


def write_scripts(app: Sphinx, error: Exception | None) -> None:
    """Write the Vega scripts into a finished HTML book."""
    if error is None and app.builder.format == "html":
        target = Path(app.outdir) / "_static" / ENGINE
        target.write_text(vega_script(chart_folder(app)), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_node(chart, html=(visit_chart_html, None))
    app.connect("html-page-context", load_scripts)
    app.add_node(gallery, html=(visit_gallery_html, None))
    app.add_directive("chart-gallery", ChartGallery)
    app.add_css_file("gallery.css")
    app.connect("build-finished", write_scripts)
