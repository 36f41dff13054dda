"""The page with all charts of the book: a picture of each, which leads to the chart in its chapter."""

from html import escape
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from analysis.book.charts import chart, picture_file


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


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive with Sphinx."""
    app.add_node(gallery, html=(visit_gallery_html, None))
    app.add_directive("chart-gallery", ChartGallery)
    app.add_css_file("gallery.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
