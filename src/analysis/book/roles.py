"""What the pages need from Sphinx: the role `result`, the style of the bibliography, and files for offline use."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.smartquotes import smartchars
from pybtex.plugin import register_plugin
from pybtex.style import template
from pybtex.style.formatting import toplevel
from pybtex.style.formatting.plain import Style as PlainStyle
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from analysis.book.html import render
from analysis.core import paths
from analysis.data.faults import close_matches

LANGUAGES = ("ja", "zh")
FONTS = ("Inter-Regular.woff2", "Inter-SemiBold.woff2")
RESULTS_FILE = "results.json"

logger = logging.getLogger(__name__)


def staged(env: Any, *place: str) -> Path:
    """Return a file of the staged book, on which the page that is read then depends."""
    file = Path(env.srcdir, *place)
    env.note_dependency(str(file))
    return file


def named_text(
    role: SphinxRole, texts: Mapping[str, str], noun: str
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return the text that a role names, as its run() does; an unknown name is a warning with the nearest ones."""
    if role.text in texts:
        return [nodes.Text(texts[role.text])], []
    near = close_matches(role.text, list(texts))
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    logger.warning("unknown %s “%s”%s", noun, role.text, hint, location=role.get_location())
    return [nodes.problematic(role.rawtext, role.text)], []


class ResultRole(SphinxRole):
    """{result}`chapter.name` gives the text of a named result; a name that is unknown is a warning."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text as a plain text node, the same for HTML and PDF."""
        results = json.loads(staged(self.env, self.config.results_file).read_text(encoding="utf-8"))
        texts = {
            f"{chapter}.{name}": entry["text"] for chapter, names in results.items() for name, entry in names.items()
        }
        return named_text(self, texts, "result")


class LanguageRole(SphinxRole):
    """{ja}`尖閣諸島` and {zh}`钓鱼岛` mark the language of a name, for its glyphs and for screen readers."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text in a span; docutils turns the class into the attribute `lang`."""
        return [nodes.inline(self.rawtext, self.text, classes=[f"language-{self.name}"])], []


class BibliographyStyle(PlainStyle):  # type: ignore[misc]
    """Entries by author, with titles as they stand, full dates, and notes as sentences."""

    def format_title(self, e: Any, which_field: str, as_sentence: bool = True) -> Any:
        """Return the title; unlike other styles this one leaves names in capitals."""
        return template.sentence[template.field(which_field)] if as_sentence else template.field(which_field)

    def get_misc_template(self, e: Any) -> Any:
        """Return web pages and all that has no form of its own."""
        day = template.first_of[template.optional_field("date"), template.optional_field("year")]
        house = template.first_of[template.optional_field("organization"), template.optional_field("institution")]
        return toplevel[
            template.optional[template.sentence[self.format_names("author")]],
            self.format_title(e, "title"),
            template.sentence[house, day],
            template.sentence(capfirst=True)[template.optional_field("note")],
            self.format_web_refs(e),
        ]

    def get_techreport_template(self, e: Any) -> Any:
        """Return reports, like web pages."""
        return self.get_misc_template(e)


def drop_icon_script(app: Sphinx, error: Exception | None) -> None:
    """Take the theme's script of icons, 1.5 MB, out of a finished book: its style sheet draws the same icons."""
    if error is not None or app.builder.format != "html":
        return
    for file in Path(app.outdir).rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        without = re.sub(r"<script[^>]*/fontawesome\.js[^>]*></script>\n?", "", text)
        if without != text:
            file.write_text(without, encoding="utf-8")
    for file in (Path(app.outdir) / "_static" / "scripts").glob("fontawesome.js*"):
        file.unlink()


def write_entrance(app: Sphinx, error: Exception | None) -> None:
    """Let index.html lead to the first page, which may lie in a folder."""
    first = app.config.root_doc
    if error is None and app.builder.format == "html" and first != "index":
        page = render(
            "entrance",
            address=app.builder.get_target_uri(first),
            title=app.config.html_title,
            language=app.config.language,
        )
        Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def use_templates(_app: Sphinx, config: Config) -> None:
    """Let our templates stand before those of the theme."""
    config.templates_path.append(str(paths.TEMPLATES))


def name_roles(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None) -> None:
    """Give entries of a bibliography a role that their list may have, in place of the one of docutils."""
    context["body"] = context.get("body", "").replace(' role="doc-biblioentry"', ' role="listitem"')


def settle_early(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Settle light or dark, and ask for the fonts, before the first line is drawn, so that no line moves or flashes.

    The theme does both later; it reads the same storage. Files fetch no fonts early: browsers refuse that.
    """
    files = [context["pathto"](f"_static/fonts/{name}", 1) for name in FONTS]
    context["metatags"] = context.get("metatags", "") + render("early", files=files)


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_config_value("results_file", RESULTS_FILE, "env", str)
    for name in ("citation_line", "book_day"):
        app.add_config_value(name, "", "html", str)
    for name in ("book_subtitle", "book_edition", "book_code"):
        app.add_config_value(name, "", "env", str)
    app.add_role("result", ResultRole())
    for language in LANGUAGES:
        app.add_role(language, LanguageRole())
    smartchars.quotes.setdefault("zh", "“”‘’")  # whole paragraphs are in Chinese, and docutils knows no marks for it
    register_plugin("pybtex.style.formatting", "book", BibliographyStyle, force=True)
    app.connect("config-inited", use_templates)
    app.connect("html-page-context", name_roles)
    app.connect("html-page-context", settle_early)
    app.connect("build-finished", drop_icon_script)
    app.connect("build-finished", write_entrance)
