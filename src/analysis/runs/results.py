"""Named results: the numbers that a chapter computes, recorded once and inserted wherever a sentence needs them.

A notebook adds results while it runs and shows the collection in its last cell. The output carries them as JSON under
MIME_TYPE, from which `read_results` takes them back: so prose, landing page, tests and reruns use one record. Beside
them it names the files of the data that the chapter read, which tells when it must be executed again.
"""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from analysis.core.errors import ParameterError, RunError
from analysis.data.tables import files_read

MIME_TYPE = "application/vnd.balancing-act.results+json"
FILES_MIME_TYPE = "application/vnd.balancing-act.files+json"


class Results:
    """The named results of one chapter, in the order in which they were added."""

    def __init__(self, chapter: str) -> None:
        self.chapter = chapter
        self._entries: dict[str, dict[str, Any]] = {}

    def add(self, name: str, value: Any, text: str | None = None) -> str:
        """Record a result and return its text for use in a sentence.

        Floats have six digits, so that the record does not hang on the last bits of a machine. Raises ParameterError
        where the name is not made of small letters, digits and underscores, or is used twice.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in self._entries:
            raise ParameterError(f"result “{name}”: a new name of small letters, digits and underscores is needed")
        plain = value.item() if hasattr(value, "item") else value
        if isinstance(plain, float):
            plain = round(plain, 6)
        self._entries[name] = {"value": plain, "text": str(plain) if text is None else text}
        return str(self._entries[name]["text"])

    @property
    def texts(self) -> dict[str, str]:
        """The texts of all results recorded so far, by name."""
        return {name: str(entry["text"]) for name, entry in self._entries.items()}

    def __getitem__(self, name: str) -> str:
        """Return the text of a result."""
        return str(self._entries[name]["text"])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        head, texts, files = f"Named results of chapter {self.chapter}", self.texts, files_read()
        width = max(map(len, texts), default=0)
        below = f"Read from data/: {', '.join(files)}."
        rows = "".join(
            f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)}</td></tr>" for name, text in texts.items()
        )
        lines = [head, *(f"  {name:<{width}}  {text}" for name, text in texts.items()), below]
        return {
            MIME_TYPE: {self.chapter: self._entries},
            FILES_MIME_TYPE: files,
            "text/html": f'<details class="ba-results"><summary>{escape(head)}</summary><table>'
            "<thead><tr><th>name</th><th>value</th></tr></thead>"
            f"<tbody>{rows}</tbody></table><p>{below}</p></details>",
            "text/plain": "\n".join(lines),
        }


def read_cells(notebook: Path) -> list[tuple[str, str, list[str]]]:
    """Return type, source and tags of the cells of a notebook. Raises RunError where it cannot be read."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [(cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags", [])) for cell in cells]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise RunError(f"{notebook.name} is not a readable notebook: {error}") from error


def outputs(name: str, cells: Iterable[Mapping[str, Any]], mime_type: str = MIME_TYPE) -> list[Any]:
    """Return what the cells of an executed notebook of this name show under a type. Raises RunError for nothing."""
    shown = [
        output["data"][mime_type]
        for cell in cells
        for output in cell.get("outputs", ())
        if mime_type in output.get("data", {})
    ]
    if not shown:
        raise RunError(f"{name} records no named results; its last cell must show the Results object")
    return shown


def read_results(notebooks: list[Path]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the named results of executed notebooks, by chapter and name; each is {"value": ..., "text": ...}.

    Raises RunError where a notebook records none.
    """
    results: dict[str, dict[str, dict[str, Any]]] = {}
    for notebook in notebooks:
        for entry in outputs(notebook.name, json.loads(notebook.read_text(encoding="utf-8"))["cells"]):
            results |= entry
    return results


def recorded_files(notebook: Path) -> list[str]:
    """Return the names of the files of the data that an executed notebook read. Raises RunError for none."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return sorted({str(name) for names in outputs(notebook.name, cells, FILES_MIME_TYPE) for name in names})
