"""The start notebook: the chapters in order, and one line that says what runs here and whether all of it is there."""

import re
import tempfile
from collections.abc import Sequence
from importlib.metadata import distributions, requires, version
from pathlib import Path

from analysis import __version__
from analysis.charts.show import Prose
from analysis.core import paths
from analysis.core.errors import RunError
from analysis.core.wording import plural
from analysis.data.schema import read_schema
from analysis.runs.kernels import quiet_kernels
from analysis.runs.notebooks import chapter_files, execute
from analysis.runs.results import read_cells
from analysis.validation.check import check

PACKAGE = "balancing-act"
# the commands that need more than the environment of Binder and this repository
NEEDS = {
    "book": "the extra `book`",
    "archive": "the extra `book`",
    "sweep --scheduler": "the extra `scale`",
    "signals --scheduler": "the extra `scale`",
    "corpus fetch": "a network and the extra `fetch`",
    "corpus embed": "the documents' texts and the extra `semantic`",
    "corpus build": "the documents' texts",
    "corpus verify": "the documents' texts",
}


def read_opening(notebook: Path) -> tuple[str, str]:
    """Return title and question of a chapter from its first cell. Raises RunError where one is missing."""
    _, text, _ = read_cells(notebook)[0]
    title, question = re.search(r"^# (.+)$", text, re.M), re.search(r"^\*\*Question\.\*\* (.+)$", text, re.M)
    if title is None or question is None:
        raise RunError(f"{notebook.name} does not open with its title and its question")
    return title[1], question[1]


def contents(files: Sequence[Path] | None = None) -> Prose:
    """Return the chapters as a numbered list: a link to the notebook beside this one, and the question it asks."""
    lines = []
    for number, file in enumerate(files or chapter_files(), 1):
        title, question = read_opening(file)
        lines.append(f"{number}. [{title}]({file.name}): {question}")
    return Prose("\n".join(lines))


def missing_packages() -> list[str]:
    """Return the packages that this one requires, extras aside, and that are not installed."""
    required = [re.split(r"[^\w.-]", line)[0] for line in requires(PACKAGE) or () if "extra ==" not in line]
    return [name for name in required if not list(distributions(name=name))]


def faults() -> list[str]:
    """Return what keeps the environment from being complete: packages, data or chapters."""
    lines = []
    if version(PACKAGE) != __version__:
        lines.append(f"{PACKAGE} {version(PACKAGE)} is installed, the code is {__version__}")
    if missing := missing_packages():
        lines.append(f"not installed: {', '.join(missing)}")
    if data_faults := check():
        first = data_faults[0]
        lines.append(f"data/ has {len(data_faults)} faults (`balancing-act check` lists them), the first: {first}")
    in_book = re.findall(r"^ *- file: notebooks/(\d\d-\S+)$", paths.TOC.read_text(encoding="utf-8"), re.MULTILINE)
    if missing := sorted({*in_book} - {file.stem for file in chapter_files()}):
        lines.append(f"not in notebooks/: {', '.join(f'{name}.ipynb' for name in missing)}")
    return lines


def status() -> Prose:
    """Return one line: whether all is there, what runs without a network, and which commands want more."""
    if lines := faults():
        return Prose(f"**Not complete:** {'; '.join(lines)}.")
    tables, chapters = len(read_schema(paths.DATAPACKAGE)), len(chapter_files())
    exceptions = ", ".join(f"`{command}` (needs {need})" for command, need in NEEDS.items())
    return Prose(
        f"**Complete:** {PACKAGE} {__version__} and all that it requires, {plural(tables, 'table')} read and sound, "
        f"{plural(chapters, 'chapter')}. **Without a network** run all chapters, with any parameters, and every "
        f"command of `{PACKAGE}` but {exceptions}."
    )


def refresh(notebook: Path = paths.START) -> bool:
    """Execute the start notebook and keep its outputs, as for the chapters; return whether they changed."""
    before = notebook.read_bytes()
    with quiet_kernels() as scratch, tempfile.TemporaryDirectory(dir=notebook.parent) as folder:
        executed = Path(folder) / notebook.name
        execute(notebook, executed, scratch)
        if executed.read_bytes() != before:
            executed.replace(notebook)
            return True
    return False
