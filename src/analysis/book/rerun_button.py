"""The button of each chapter that says how to rerun it: on Binder, once the book has an address there, and at home.

Without JavaScript the button is a link to the page on rerunning. A page asks no other host by itself.
"""

import re
import shlex
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.osutil import relative_uri

from analysis.runs.parameters import declared

PAGE = "book/rerun"
SCRIPT = "rerun.js"
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
    parameter = declared(notebook)[0]
    value = str(parameter.default).lower() if parameter.type == "bool" else str(parameter.default)
    number = notebook.stem.partition("-")[0]
    pair, single = shlex.quote(f"{parameter.name}={value}"), shlex.quote(value)
    return [
        ("In JupyterLab, where every cell can be changed", "make lab"),
        (
            f"With your value in place of {value} for {parameter.name} ({parameter.meaning}), compared with the book",
            f". .venv/bin/activate\nbalancing-act rerun {number} -p {pair}",
        ),
        ("The same with papermill", f"papermill notebooks/{notebook.name} again.ipynb -p {parameter.name} {single}"),
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
    if doctree is None or PAGE not in app.env.found_docs or not app.env.doc2path(page).endswith(".ipynb"):
        return
    notebook = Path(app.env.doc2path(page))
    address = binder_address(app.config.binder_repository, f"notebooks/{notebook.name}")
    more = relative_uri(app.builder.get_target_uri(page), app.builder.get_target_uri(PAGE))
    context["body"] += dialog(notebook, address, more)
    button = {"type": "link", "url": more, "text": "Rerun", "icon": "fas fa-rocket", "label": "rerun-button"}
    context["header_buttons"].insert(0, button)
    app.add_js_file(SCRIPT, loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the setting and the button with Sphinx."""
    app.add_config_value("binder_repository", "", "html", str)
    app.connect("html-page-context", add_button, priority=502)  # after the theme has listed its own buttons
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
