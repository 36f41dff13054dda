"""What the opening page shows beside its text: what changed in this release, and the map of the argument as a picture.

The picture is that of the chart in its chapter, once for the light and once for the dark page. The PDF has neither: it
names its edition on the title page, and has the chart in its chapter.
"""

import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from analysis.book.charts import chart_folder, chart_node, picture_file
from analysis.charts import theme, vega

if TYPE_CHECKING:
    from sphinx.application import Sphinx

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


def leave_out(_translator: Any, _node: argument_map) -> None:
    """Leave out what the PDF has in its chapter."""
    raise nodes.SkipNode


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_node(argument_map, html=(visit_map, None), typst=(leave_out, None))
    app.add_directive("whats-new", WhatsNew)
    app.add_directive("argument-map", ArgumentMap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
