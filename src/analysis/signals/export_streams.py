"""Open an export of events however it is packed, and read it line by line, so that it may be larger than memory.

Plain files are read, and those packed with gzip, zip (all files in it are read), bzip2 or xz; what a file is, its
content tells, not its name.
"""

import bz2
import gzip
import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.core.errors import DataError
from analysis.signals.export_formats import MalformedError

if TYPE_CHECKING:
    Stream = io.BufferedReader[Any]

LONGEST = 100_000  # bytes of a line
# events pack to a tenth, a bomb to a thousandth; a small file may unpack to so many bytes in any case
MOST_UNPACKED, LEAST_UNPACKED = 200, 50_000_000
MAGIC = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
OPENERS: dict[str, Callable[[Any], Any]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
BROKEN = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError),
    *(struct.error, ValueError, LookupError, RuntimeError),  # of a broken zip archive
)


class Bounded:
    """Readers of what is unpacked, which give no more bytes together than they may: a packed file may hold anything."""

    def __init__(self, most: int) -> None:
        self.most, self.left = most, most

    def reader(self, stream: Any) -> "Stream":
        """A reader of a stream. It raises DataError where the limit is passed."""
        return io.BufferedReader(_Counted(self, stream))


class _Counted(io.RawIOBase):
    def __init__(self, bounded: Bounded, stream: Any) -> None:
        self._bounded, self._stream = bounded, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read: int = self._stream.readinto(buffer)
        self._bounded.left -= read
        if self._bounded.left < 0:
            raise DataError(f"unpacks to more than {self._bounded.most:,} bytes, too many for its size")
        return read


def packing(stream: "Stream") -> str:
    """How a stream is packed, by its first bytes: gzip, zip, bzip2, xz, or an empty string."""
    head = stream.peek(8)
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), "")


def unpacked(raw: "Stream") -> "Generator[tuple[str, Stream]]":
    """The files in an open file, with their names: one without a name, or all of a zip archive in its order.

    Folders, hidden files and the list of files that Dataverse adds are left out. Raises DataError where a file of an
    archive is packed itself or locked, and any of BROKEN where the packing is broken.
    """
    kind = packing(raw)
    bounded = Bounded(MOST_UNPACKED * os.fstat(raw.fileno()).st_size + LEAST_UNPACKED)
    if kind in OPENERS:
        with OPENERS[kind](raw) as stream, bounded.reader(stream) as buffered:
            yield "", buffered
    elif kind == "zip":
        with zipfile.ZipFile(raw) as archive:
            for member in archive.infolist():
                name = Path(member.filename).name
                hidden = name.startswith(".") or member.filename.startswith("__MACOSX/")
                if member.is_dir() or hidden or name == "MANIFEST.TXT":
                    continue
                if member.flag_bits & 1:
                    raise DataError(f"holds {member.filename}, which is locked with a password")
                packed: Any = archive.open(member)
                with packed, bounded.reader(packed) as buffered:
                    if packing(buffered):
                        raise DataError(f"holds {member.filename}, which is packed itself; unpack the archive first")
                    yield member.filename, buffered
    else:
        yield "", raw


def read_lines(stream: "Stream", end: int | None = None) -> Iterator[bytes]:
    """The lines of a stream, or those that begin before a byte.

    Of a line longer than LONGEST bytes only so many are given, so that memory stays bounded.
    """
    while (end is None or stream.tell() < end) and (line := stream.readline(LONGEST)):
        rest = line
        while len(rest) == LONGEST and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST)
        yield line


def line_text(line: bytes) -> str:
    """A line as text without its end. Raises MalformedError where it is too long or not UTF-8."""
    if len(line) == LONGEST and not line.endswith(b"\n"):
        raise MalformedError(f"longer than {LONGEST:,} bytes")
    try:
        return line.rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"byte 0x{line[error.start]:02x} is not UTF-8") from None


@contextmanager
def named_faults(file: Path) -> Iterator[None]:
    """Let what is wrong with a file be a DataError that names it."""
    try:
        if file.is_dir():
            raise DataError("is a folder; name a file with events")
        yield
    except DataError as error:
        raise DataError(f"{file} {error}") from None
    except FileNotFoundError:
        raise DataError(f"{file} is missing; name a file with events") from None
    except BROKEN as error:
        raise DataError(f"{file} cannot be read ({type(error).__name__}: {error})") from None
