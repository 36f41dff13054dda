"""One zip with everything: book, PDF, data, notebooks before and after their run, code, locks, metadata and checksums.

The files of the repository are those that git knows; in an unpacked archive, where there is no git, those that its
SHA256SUMS lists. Order, dates and permissions are fixed, so that the same files give the same bytes with the same
version of zlib.
"""

import hashlib
import io
import json
import os
import subprocess
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from analysis.book.build import outdated, staged_files
from analysis.book.sphinx import require_packages
from analysis.core import paths
from analysis.core.errors import BuildError, ParameterError
from analysis.core.files import parse_yaml, write_whole
from analysis.release import rocrate
from analysis.runs.inputs import cells_hash
from analysis.runs.notebooks import name_of, notebook_files
from analysis.runs.start import read_chapter

SUMS = "SHA256SUMS"
HTML, PDF, EXECUTED = "build/html", "build/pdf/balancing-act.pdf", "build/executed"
MAKE = "make book"
EPOCH = "SOURCE_DATE_EPOCH"


# --- what goes in


def read_sums(root: Path) -> dict[str, str]:
    """Return the hash of each file that SHA256SUMS of a folder lists; empty where there is none.

    Raises BuildError where it lists a file of another folder.
    """
    file = root / SUMS
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name in digests:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or not name.isprintable():
            raise BuildError(f"{SUMS} lists {name!r}, which lies in another folder")
    return digests


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True, encoding="utf-8").stdout


def repository_files(root: Path = paths.ROOT) -> list[str]:
    """Return the files that git knows, or, without git, that SHA256SUMS lists and nothing makes. Raises BuildError."""
    if (root / ".git").exists():
        try:
            names = _git(root, "ls-files", "-z").split("\0")
        except (OSError, subprocess.CalledProcessError) as error:
            raise BuildError(f"git does not list the files of the repository ({error})") from None
    else:
        names = [name for name in read_sums(root) if not name.startswith("build/") and name != rocrate.NAME]
        if not names:
            raise BuildError(f"neither git nor {SUMS} says which files belong to the archive")
    if missing := [name for name in names if name and not (root / name).is_file()]:
        raise BuildError(f"{missing[0]} is missing, which belongs to the archive")
    return sorted(filter(None, names))


def changed_files(root: Path = paths.ROOT) -> list[str]:
    """Return the files that git would commit; none without git."""
    if not (root / ".git").exists():
        return []
    return [line[3:] for line in _git(root, "status", "--porcelain").splitlines()]


def built_files(html: Path, pdf: Path, executed: Path) -> dict[str, Path]:
    """Return what the build made, by its name in the archive: HTML, PDF and executed notebooks with their results."""
    files = {f"{HTML}/{file.relative_to(html).as_posix()}": file for file in html.rglob("*") if file.is_file()}
    notebooks = {f"{EXECUTED}/{name_of(file, executed)}.ipynb": file for file in executed.rglob("*.ipynb")}
    return files | notebooks | {PDF: pdf}


def require_current(root: Path = paths.ROOT, source: Path = paths.SOURCE) -> Path:
    """Return the folder of the executed notebooks, where both books were made from the files as they are.

    A book is compared with the staged sources, and these with the repository; in an unpacked archive, where nothing was
    staged, all files with SHA256SUMS. Raises BuildError with what is missing or older.
    """
    if not source.exists() and (sums := read_sums(root)):
        for name, digest in sums.items():
            if not (root / name).is_file() or _sha256((root / name).read_bytes()) != digest:
                raise BuildError(f"{name} is not what {SUMS} lists: `{MAKE}` builds the book anew")
        return root / EXECUTED
    if not source.exists():
        raise BuildError(f"the book is not built: `{MAKE}` builds HTML and PDF")
    require_packages("the archive", ("jupyter_book", "typst"))
    if old := outdated(source):
        names = " and ".join(_relative(book) for book in old)
        raise BuildError(f"{names}: missing, or older than the sources: `{MAKE}` builds HTML and PDF")
    for place, file in staged_files().items():
        if not (source / place).exists() or (source / place).read_bytes() != file.read_bytes():
            raise BuildError(f"the book is older than {_relative(file)}: `{MAKE}` builds it anew")
    for notebook in notebook_files():
        staged = source / "notebooks" / notebook.relative_to(paths.NOTEBOOKS)
        if not staged.exists() or cells_hash(staged) != cells_hash(notebook):
            raise BuildError(f"the book is older than {_relative(notebook)}: `{MAKE}` builds it anew")
    return source / "notebooks"


def _relative(path: Path) -> str:
    return str(path).removeprefix(f"{paths.ROOT}{os.sep}")


# --- the zip


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def moment(released: str, epoch: str = "") -> tuple[int, int, int, int, int, int]:
    """Return the time that all entries bear: SOURCE_DATE_EPOCH where it is set, else midnight (UTC) of the release.

    Raises ParameterError where SOURCE_DATE_EPOCH is no time that a zip can hold (1980 to 2107).
    """
    try:
        day = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.fromisoformat(released)
    except (ValueError, OverflowError, OSError):
        raise ParameterError(f"{EPOCH}: “{epoch}”; allowed: seconds since 1970, or nothing") from None
    if not 1980 <= day.year <= 2107:
        raise ParameterError(
            f"{EPOCH}: “{epoch}” is in {day.year}; allowed: 1980 to 2107, the years that a zip can hold"
        )
    return day.year, day.month, day.day, day.hour, day.minute, day.second


def packed(
    contents: Mapping[str, bytes], folder: str, time: tuple[int, int, int, int, int, int], executable: set[str]
) -> bytes:
    """Return a zip of files by name, all in one folder, sorted, with one time and the permissions 644 or 755."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", time)
            entry.create_system = 3  # permissions are those of Unix, on every machine
            entry.external_attr = (0o100755 if name in executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def make_archive(root: Path, built: Mapping[str, Path], epoch: str = "") -> tuple[str, bytes]:
    """Return name and bytes of the archive of a repository and what was built from it.

    Raises BuildError where a file is missing, ParameterError where SOURCE_DATE_EPOCH is no time.
    """
    files = {name: root / name for name in repository_files(root)} | dict(built)
    contents = {name: file.read_bytes() for name, file in files.items()}
    cff: dict[str, Any] = parse_yaml(contents["CITATION.cff"].decode("utf-8"))
    package = json.loads(contents["data/datapackage.json"])
    notebooks = root / "notebooks"
    titles = {f"{name_of(file, notebooks)}.ipynb": read_chapter(file).title for file in notebook_files(notebooks)}
    sizes = {name: len(content) for name, content in contents.items()}
    crate = rocrate.metadata(sizes, cff, package, titles)
    contents[rocrate.NAME] = (json.dumps(crate, ensure_ascii=False, indent=2) + "\n").encode()
    contents[SUMS] = "".join(f"{_sha256(content)}  {name}\n" for name, content in sorted(contents.items())).encode()
    executable = {name for name, file in files.items() if name not in built and file.stat().st_mode & 0o100}
    folder = f"balancing-act-{cff['version']}"
    return folder, packed(contents, folder, moment(str(cff["date-released"]), epoch), executable)


def write_archive(out: Path | None = None) -> Path:
    """Write the archive, by default to build/archive; return the file. Raises ProjectError where it cannot be made."""
    executed = require_current()
    epoch = os.environ.get(EPOCH, "")
    folder, content = make_archive(paths.ROOT, built_files(paths.HTML, paths.PDF, executed), epoch)
    target = out or paths.ARCHIVE / f"{folder}.zip"
    if out is None:
        target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, content)
    return target
