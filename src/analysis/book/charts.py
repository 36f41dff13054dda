"""Charts in the book: a renderer for myst-nb, the node it makes, and what an HTML page shows for it and its code.

A chart becomes one `chart` node, which each builder shows in its way: HTML the title and subtitle as text, the
interactive chart where scripts run and else the picture, then the source and the data; the PDF the same picture.
"""

import ast
import base64
import hashlib
import importlib.metadata
import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from altair import TopLevelMixin
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from analysis import charts
from analysis.book import html
from analysis.book.safety import spec_faults
from analysis.book.tables import about
from analysis.charts import theme, vega
from analysis.core import paths
from analysis.core.files import write_whole
from analysis.data import export
from analysis.runs import results

LEDGER = "book/ledger"
ENGINE, SCRIPT = "vega.js", "charts.js"
DOWNLOADS = "_downloads/charts"
# weight of a chart font: its file, and what shows that a picture uses it
WEIGHTS = {
    "400": ("Inter-Regular-chart.woff2", "<text"),
    "600": ("Inter-SemiBold-chart.woff2", r'font-weight="([6-9]00|bold)"'),
}
# forms of an output that the PDF can show, the best first
PRINTED = ("text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex", "text/plain")

logger = logging.getLogger(__name__)


class chart(nodes.General, nodes.Element):
    """A chart: digest, specification and title (JSON), heading, subheading, alt, source, width, height."""


class VegaLiteRenderer:
    """Makes `chart` nodes of Vega-Lite outputs and hides the record of named results. An entry point of myst-nb."""

    # a lower number goes first; the builder of the PDF is not known to myst-nb, so all its forms are listed
    mime_priority_overrides: ClassVar[list[tuple[str, str, int | None]]] = [
        ("typst", results.MIME_TYPE, 1),
        ("*", vega.MIME_TYPE, 2),
        *(("typst", form, number) for number, form in enumerate(PRINTED, 3)),
    ]

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """Return the nodes of an output, or None where it is not ours to render."""
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
    """Return where the pictures of the charts are kept between builds: beside the parsed pages."""
    return Path(app.doctreedir) / "charts"


def digest(spec: Mapping[str, Any]) -> str:
    """Return the name of a chart's files: the first 20 digits of the SHA-256 of its specification."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:20]


def chart_node(spec: Mapping[str, Any], folder: Path) -> chart:
    """Return the node of a specification; draws its picture, without the title, into a folder, unless it is there."""
    if faults := spec_faults(spec):
        raise ExtensionError(f"a chart is refused: {'; '.join(faults)}")
    figure = spec.get("usermeta", {}).get("figure", {})
    title = spec.get("title") or {}
    title = {"text": title} if isinstance(title, str | list) else title
    heading, subheading = (title.get(part) or "" for part in ("text", "subtitle"))
    body = {key: value for key, value in spec.items() if key not in ("$schema", "title", "usermeta")}
    node = chart(
        digest=digest(spec),
        specification=html.as_json(body),
        title=html.as_json(title),
        heading=heading if isinstance(heading, str) else " ".join(heading),
        subheading=subheading if isinstance(subheading, str) else " ".join(subheading),
        alt=figure.get("alt", ""),
        source=figure.get("source", ""),
    )
    if name := figure.get("name"):
        node["names"], node["ids"] = [name], [name]
    node["width"], node["height"] = vega.size(kept(folder / f"{node['digest']}.svg", lambda: vega.draw_svg(body)))
    return node


def kept(file: Path, make: Callable[[], str]) -> str:
    """Return the text of a file, which is made where it is missing."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, make().encode())
    return file.read_text(encoding="utf-8")


def whole_picture(node: chart, folder: Path) -> str:
    """Return the picture of a chart with its title, as SVG; it is kept in a folder."""
    title = json.loads(node["title"])
    spec = json.loads(node["specification"]) | ({"title": title} if title else {})
    return kept(folder / f"{node['digest']}.whole.svg", lambda: vega.draw_svg(spec))


def inline_data(spec: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    """Return the data sets of a specification, longest first; without single rows, which only place labels."""

    def search(part: Any) -> Iterator[list[dict[str, Any]]]:
        if isinstance(part, dict):
            if isinstance(values := part.get("values"), list) and all(isinstance(row, dict) for row in values):
                yield values
            for key, value in part.items():
                if key not in ("datasets", "values", "config"):
                    yield from search(value)
        elif isinstance(part, list):
            for value in part:
                yield from search(value)

    sets = [*spec.get("datasets", {}).values(), *search(spec)]
    return sorted((rows for rows in sets if len(rows) > 1), key=len, reverse=True)


def data_table(rows: Sequence[Mapping[str, Any]], notes: export.About) -> export.DataTable:
    """Return a data set of a chart as a table to write, with what its file says of it."""
    names = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[export.value_cell(row.get(name)) for name in names] for row in rows]
    return export.DataTable(names, [""] * len(names), cells, notes)


def with_fonts(svg: str) -> str:
    """Return a picture that brings the chart fonts it uses with it: in an <img> it cannot use those of the page."""
    faces = "".join(
        f"@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/woff2;base64,"
        f"{base64.b64encode((paths.FONTS / name).read_bytes()).decode()})}}"
        for weight, (name, uses) in WEIGHTS.items()
        if re.search(uses, svg)
    )
    return re.sub(r"(<svg\b[^>]*>)", lambda tag: f"{tag[1]}<defs><style>{faces}</style></defs>", svg, count=1)


def with_links(spec: Mapping[str, Any], address: str) -> dict[str, Any]:
    """Return a specification in which what has a tooltip of an entry leads to it in the ledger at an address."""
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
    """Return the file in the book of the picture of a chart, by its digest; a small one, unread, brings no fonts."""
    file = f"_images/{'small-' if small else ''}{name}.svg"
    drawn = chart_folder(builder.app) / f"{name}.svg"
    kept(Path(builder.outdir, file), lambda: (str if small else with_fonts)(drawn.read_text(encoding="utf-8")))
    return file


def write_data(builder: Any, node: chart, name: str) -> list[dict[str, Any]]:
    """Write the data sets of a chart as files of the book; returns what the links to them say."""
    page = builder.current_docname
    source = node["source"].removeprefix("Source: ")
    notes = about(builder.app, page, name, node["heading"], node["subheading"], source)
    sets = inline_data(json.loads(node["specification"]))
    links = []
    for number, rows in enumerate(sets, 1):
        file = f"{DOWNLOADS}/{name}{f'-{number}' if number > 1 else ''}.csv"
        kept(Path(builder.outdir, file), partial(export.as_csv, data_table(rows, notes)))
        label = "Data" if len(sets) == 1 else f"Data {number}"
        address = relative_uri(builder.get_target_uri(page), file)
        links.append({"file": address, "name": Path(file).name, "label": label, "rows": len(rows)})
    return links


def chart_values(builder: Any, node: chart) -> dict[str, Any]:
    """Return what the figure of a chart shows; writes its picture and its data as files of the book."""
    page = builder.get_target_uri(builder.current_docname)
    name = node["ids"][0] if node["ids"] else f"chart-{node['digest']}"
    lines = (node["source"], f"{name}. {builder.config.citation_line}")
    whole = vega.with_lines(whole_picture(node, chart_folder(builder.app)), lines)
    file = f"{DOWNLOADS}/{name}.svg"
    kept(Path(builder.outdir, file), lambda: with_fonts(whole))
    specification = node["specification"]
    if address := ledger_address(builder):
        specification = html.as_json(with_links(json.loads(specification), address))
    return {
        **{key: node[key] for key in ("heading", "subheading", "alt", "source")},
        **size_of(node),
        "name": name,
        "picture": relative_uri(page, picture_file(builder, node["digest"])),
        "file": relative_uri(page, file),
        "sets": write_data(builder, node, name),
        "specification": specification.replace("<", "\\u003c"),  # in JSON a sign of HTML stands in texts alone
    }


def size_of(node: nodes.Element) -> dict[str, str]:
    """Return width and height of a picture as attributes."""
    return {side: f"{node[side]:g}" for side in ("width", "height")}


def ledger_address(builder: Any) -> str:
    """Return the address of the ledger of claims from the page that is written; empty where the book has none."""
    known = LEDGER in builder.env.found_docs
    return str(builder.get_relative_uri(builder.current_docname, LEDGER)) if known else ""


class gallery(nodes.General, nodes.Element):
    """Where the charts of all chapters stand."""


def chart_gallery(directive: SphinxDirective) -> list[nodes.Node]:
    """Return a place for the pictures of all charts, to fill when all chapters are read."""
    directive.env.note_reread()  # the charts are those of other pages
    return [gallery()]


def gallery_values(builder: Any, _node: gallery) -> dict[str, Any]:
    """Return the pictures of the charts under the title of each chapter."""
    env, page = builder.env, builder.current_docname
    here = builder.get_target_uri(page)
    titled = []
    chapters = sorted(name for name in env.found_docs if env.doc2path(name).endswith(".ipynb"))
    for number, name in enumerate(chapters, 1):
        address = builder.get_relative_uri(page, name)
        pictures = [
            {
                "link": f"{address}#{node['ids'][0]}" if node["ids"] else address,
                "picture": relative_uri(here, picture_file(builder, node["digest"], small=True)),
                "heading": node["heading"],
                **size_of(node),
            }
            for node in env.get_doctree(name).findall(chart)
        ]
        if pictures:
            titled.append((f"{number}. {env.titles[name].astext()}", pictures))
    return {"chapters": titled}


def write_script(app: Sphinx, folder: Path) -> None:
    """Write the Vega scripts and the colours of the dark page, as a classic script, which also loads from file://."""
    import vl_convert

    # the bundle takes a second to make, so that it is kept between builds
    name = f"bundle-{vega.VERSION}-{importlib.metadata.version('vl-convert-python')}.js"
    make = partial(vl_convert.javascript_bundle, vl_version=vega.VERSION)
    bundle = kept(chart_folder(app) / name, make)
    dark = json.dumps({"config": theme.DARK_CONFIG, "colours": theme.DARK_COLOURS}, sort_keys=True)
    script = f"(function () {{\n{bundle}\n}})();\nwindow.bookCharts = {dark};\n"
    (folder / "_static" / ENGINE).write_text(script, encoding="utf-8")


def drawing_code(source: str) -> list[nodes.Node]:
    """Return place and source of the functions of `analysis.charts` that draw and that the code of a cell calls."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    parts = [part for part in calls if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "charts"]
    parts.sort(key=lambda part: (part.lineno, part.col_offset))
    shown: list[nodes.Node] = []
    for name in dict.fromkeys(part.attr for part in parts):
        function = getattr(charts, name)
        if inspect.signature(function).return_annotation is TopLevelMixin:
            file = Path(inspect.getfile(function)).relative_to(paths.ROOT)
            place = f" ({file}, line {inspect.getsourcelines(function)[1]})"
            code = inspect.getsource(function)
            shown.append(nodes.paragraph("", "", nodes.literal("", f"charts.{name}"), nodes.Text(place)))
            shown.append(nodes.literal_block(code, code, language="python"))
    return shown


def add_drawing_code(_app: Sphinx, document: nodes.document, _page: str) -> None:
    """Put into the folded code of a cell that shows a chart the functions that draw it."""
    for cell in document.findall(nodes.container):
        folded = cell.get("nb_element") == "cell_code" and cell.get("hide_mode")
        if folded and next(cell.findall(chart), None) is not None:
            for part in cell.findall(nodes.container):
                if part.get("nb_element") == "cell_code_source":
                    part += drawing_code(part.astext())


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    html.add_node(app, chart, "chart", chart_values)
    html.load_with(app, chart, SCRIPT)
    html.add_node(app, gallery, "gallery", gallery_values)
    html.add_directive(app, "chart-gallery", chart_gallery)
    app.add_css_file("gallery.css")
    html.on_finish(app, write_script)
    html.on_tree(app, add_drawing_code, 198)  # before myst-nb folds the code
