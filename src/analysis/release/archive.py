"""One zip with everything: book, PDF, data, notebooks before and after their run, code, locks, metadata and checksums.

The files of the repository are those that git knows. Order, dates and permissions are fixed, so that the same files
give the same bytes with the same version of zlib.
"""

import io
import json
import subprocess
import zipfile
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from analysis.book.build import outdated, require_packages, staged_files
from analysis.core import paths
from analysis.core.errors import BuildError
from analysis.core.files import parse_yaml, write_whole
from analysis.release import rocrate
from analysis.runs.inputs import cells_hash
from analysis.runs.notebooks import name_of, notebook_files
from analysis.runs.start import read_opening

SUMS = "SHA256SUMS"
MAKE = "make book"


def _git(root: Path, *arguments: str) -> str:
    """Return what git prints. Raises BuildError where it fails, as outside of a repository."""
    command = ["git", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True, encoding="utf-8").stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise BuildError(f"git does not say which files belong to the archive ({error})") from None


def repository_files(root: Path = paths.ROOT) -> list[str]:
    """Return the files that git knows. Raises BuildError where one is missing, and without git."""
    names = sorted(filter(None, _git(root, "ls-files", "-z").split("\0")))
    if missing := [name for name in names if not (root / name).is_file()]:
        raise BuildError(f"{missing[0]} is missing, which belongs to the archive")
    return names


def changed_files(root: Path = paths.ROOT) -> list[str]:
    """Return the files that git would commit. Raises BuildError without git."""
    return [line[3:] for line in _git(root, "status", "--porcelain").splitlines()]


def built_files(html: Path, pdf: Path, executed: Path) -> dict[str, Path]:
    """Return what the build made, by its name in the archive: HTML, PDF and executed notebooks with their results."""
    files = {f"build/html/{file.relative_to(html).as_posix()}": file for file in html.rglob("*") if file.is_file()}
    notebooks = {f"build/executed/{name_of(file, executed)}.ipynb": file for file in executed.rglob("*.ipynb")}
    return files | notebooks | {"build/pdf/balancing-act.pdf": pdf}


def require_current(source: Path = paths.SOURCE) -> Path:
    """Return the folder of the executed notebooks. Raises BuildError with what is missing or older than a source."""
    if not source.exists():
        raise BuildError(f"the book is not built: `{MAKE}` builds HTML and PDF")
    require_packages()
    if old := outdated(source):
        names = " and ".join(map(paths.from_here, old))
        raise BuildError(f"{names}: missing, or older than the sources: `{MAKE}` builds HTML and PDF")
    changed = [
        file
        for place, file in staged_files().items()
        if not (source / place).exists() or (source / place).read_bytes() != file.read_bytes()
    ]
    for notebook in notebook_files():
        staged = source / "notebooks" / notebook.relative_to(paths.NOTEBOOKS)
        if not staged.exists() or cells_hash(staged) != cells_hash(notebook):
            changed.append(notebook)
    if changed:
        raise BuildError(f"the book is older than {paths.from_here(changed[0])}: `{MAKE}` builds it anew")
    return source / "notebooks"


def packed(contents: Mapping[str, bytes], folder: str, day: date, executable: set[str]) -> bytes:
    """Return a zip of files by name, all in one folder, sorted, of midnight of a day, with permissions 644 or 755."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", (day.year, day.month, day.day, 0, 0, 0))
            entry.create_system = 3  # permissions are those of Unix, on every machine
            entry.external_attr = (0o100755 if name in executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def make_archive(root: Path, built: Mapping[str, Path]) -> tuple[str, bytes]:
    """Return name and bytes of the archive of a repository and what was built from it. Raises ProjectError."""
    files = {name: root / name for name in repository_files(root)} | dict(built)
    contents = {name: file.read_bytes() for name, file in files.items()}
    cff: dict[str, Any] = parse_yaml(contents["CITATION.cff"].decode("utf-8"))
    package = json.loads(contents["data/datapackage.json"])
    titles = {str(file.relative_to(root)): read_opening(file)[0] for file in notebook_files(root / "notebooks")}
    crate = rocrate.metadata(sorted(contents), cff, package, titles)
    contents[rocrate.NAME] = (json.dumps(crate, ensure_ascii=False, indent=2) + "\n").encode()
    contents[SUMS] = "".join(
        f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(contents.items())
    ).encode()
    executable = {name for name, file in files.items() if name not in built and file.stat().st_mode & 0o100}
    folder = f"balancing-act-{cff['version']}"
    return folder, packed(contents, folder, date.fromisoformat(str(cff["date-released"])), executable)


def write_archive(out: Path | None = None) -> Path:
    """Write the archive, by default to build/archive; return the file. Raises ProjectError where it cannot be made."""
    folder, content = make_archive(paths.ROOT, built_files(paths.HTML, paths.PDF, require_current()))
    target = out or paths.ARCHIVE / f"{folder}.zip"
    if out is None:
        target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, content)
    return target
