"""Fetch the documents from their publishers and say whether they are still what was read.

A folder keeps raw/ID.html or raw/ID.pdf, texts/ID.txt (the normal form of `analysis.texts.segment`) and fetch.json,
which says where each came from. What is fetched is compared with the committed features; no text leaves the folder.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import __version__
from analysis.core import paths
from analysis.core.errors import FetchError, ParameterError
from analysis.core.files import write_whole
from analysis.texts.corpus import last_blocks
from analysis.texts.documents import find
from analysis.texts.drift import Fetched, Outcome, committed, compare
from analysis.texts.extract import extra_packages, extract, kind_of
from analysis.texts.features import Features, load_features
from analysis.texts.segment import passages
from analysis.texts.web import AGENT, MOVED, Limits, Visitor, host_of

if TYPE_CHECKING:
    import httpx

STATE = "fetch.json"
DEFAULT_LIMITS = Limits()

Entry = dict[str, Any]
State = dict[str, dict[str, Entry]]

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_state(folder: Path) -> State:
    """What fetch.json of a folder says of its documents and partial downloads. Raises FetchError where it is broken."""
    common = ["final_url", "etag", "last_modified", "content_type"]
    needed = {"partial": common, "documents": [*common, "url", "raw", "sha256_raw"]}
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        for part, names in needed.items():
            for document_id, entry in state[part].items():
                own = (f"raw/{document_id}.html", f"raw/{document_id}.pdf")  # a state leads to no other file
                if not all(isinstance(entry[name], str) for name in names) or entry.get("raw", own[0]) not in own:
                    raise TypeError(f"{part}, {document_id}")
    except FileNotFoundError:
        return {part: {} for part in needed}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise FetchError(f"{folder / STATE} is broken ({what}); delete it to fetch the documents again") from None
    return {part: state[part] for part in needed}


def _validator(about: Entry) -> str:
    """What tells a server which version of a page we hold a part of; empty where nothing does."""
    weak = about["etag"].startswith("W/") or not about["etag"]
    return str(about["last_modified"] if weak else about["etag"])


def _refusal(response: "httpx.Response") -> FetchError:
    code, advice = response.status_code, "try again later"
    if code in (404, 410):
        advice = f"look for the document; {MOVED}"
    elif code < 500:
        advice = "open it in a browser to see whether its publisher turns programs away"
    return FetchError(f"{response.url} answers {code}; {advice}")


def _require_plain(response: "httpx.Response") -> None:
    """Refuse what is packed in a way that could blow up between two looks at its size."""
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(f"{response.url} comes packed as {packed[:40]}, though plain was asked for")


class Store:
    """The folder with what was fetched, and its state, which is written after every step."""

    def __init__(self, folder: Path) -> None:
        for name in ("raw", "texts"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.folder, self.state = folder, read_state(folder)

    def _save(self) -> None:
        write_whole(self.folder / STATE, (json.dumps(self.state, indent=2, sort_keys=True) + "\n").encode())

    def text(self, visitor: Visitor, document_id: str, url: str, *, refresh: bool) -> str:
        """The text of a document, fetched unless it is kept. Raises FetchError where it cannot be had."""
        entry, raw = self.state["documents"].get(document_id), b""
        if entry:
            with suppress(OSError):
                raw = (self.folder / entry["raw"]).read_bytes()
        if not entry or entry["url"] != url or entry["sha256_raw"] != _digest(raw):
            entry = None
        about = None if entry and not refresh else self._download(visitor, document_id, url, entry)
        file = self.folder / "raw" / f"{document_id}.partial"
        if about:
            raw = file.read_bytes()
            self.state["partial"].pop(document_id, None)
            digests = {"bytes": len(raw), "sha256_raw": _digest(raw)}
            entry = about | digests | {"url": url, "date": datetime.now(UTC).isoformat(timespec="seconds")}
        elif entry:
            file = self.folder / entry["raw"]
        return self._keep(document_id, entry or {}, file, raw)

    def _keep(self, document_id: str, entry: Entry, file: Path, raw: bytes) -> str:
        """Extract the text of a file that was fetched and give both their names; return the text."""
        try:
            kind, text = kind_of(raw, entry["content_type"]), extract(raw, entry["content_type"])
        except FetchError as error:
            aside = file.replace(file.with_suffix(".unreadable"))
            raise FetchError(f"{error}; look at {aside}, which came from {entry['url']}") from None
        entry |= {"raw": f"raw/{document_id}.{kind}", "sha256_text": _digest(text.encode())}
        file.replace(self.folder / entry["raw"])
        write_whole(self.folder / "texts" / f"{document_id}.txt", text.encode())
        self.state["documents"][document_id] = entry
        self._save()
        (self.folder / "raw" / f"{document_id}.{'html' if kind == 'pdf' else 'pdf'}").unlink(missing_ok=True)
        return text

    def _download(self, visitor: Visitor, document_id: str, url: str, kept: Entry | None) -> Entry | None:
        """Fetch a body into the partial file, from where the last attempt ended; None where the kept one holds."""
        partial, held = self.folder / "raw" / f"{document_id}.partial", self.state["partial"].get(document_id)
        size = partial.stat().st_size if held and partial.exists() else 0
        headers = {"If-None-Match": kept["etag"], "If-Modified-Since": kept["last_modified"]} if kept else {}
        if held and size:
            headers |= {"Range": f"bytes={size}-", "If-Range": _validator(held)}
        with visitor.open(url, {name: value for name, value in headers.items() if value}) as response:
            code, final_url = response.status_code, str(response.url)
            if code == 304 and kept:
                return None
            given = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
            if code == 206 and held and given and int(given[1]) == size and held["final_url"] == final_url:
                self._receive(response, partial, visitor.limits, size)
                if given[2].isdigit() and partial.stat().st_size != int(given[2]):
                    raise FetchError(f"{final_url} sent a part only; run the command again")
                return held | {"status": code}
            if code == 200:
                _require_plain(response)
                names = {"etag": "etag", "last_modified": "last-modified", "content_type": "content-type"}
                about = {name: response.headers.get(header, "") for name, header in names.items()}
                about["final_url"] = final_url
                self.state["partial"].pop(document_id, None)
                if _validator(about) and "content-encoding" not in response.headers:  # else there is no going on
                    self.state["partial"][document_id] = about
                self._save()
                self._receive(response, partial, visitor.limits, 0)
                return about | {"status": code}
            if not size or code not in (206, 416):
                raise _refusal(response)
        partial.unlink()  # what it holds fits no more: start again
        return self._download(visitor, document_id, url, kept)

    def _receive(self, response: "httpx.Response", partial: Path, limits: Limits, size: int) -> None:
        """Write a body to the end of the first `size` bytes of the partial file, within the limits."""
        ends = monotonic() + limits.total
        too_large = f"{response.url} is larger than {limits.size:,} bytes; open it in a browser instead"
        if size + int(response.headers.get("content-length", 0)) > limits.size:
            raise FetchError(too_large)
        with partial.open("ab" if size else "wb") as file:
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > limits.size:
                    raise FetchError(too_large)
                file.write(chunk)
                if monotonic() > ends:
                    raise FetchError(f"{response.url} took more than {limits.total:g} s; run the command again")


# --- command


def chosen(documents: pd.DataFrame, only: Sequence[str]) -> pd.DataFrame:
    """The documents with these ids, or all where none is named. Raises ParameterError for an id that there is not."""
    ids = [find("--document", document_id, documents) for document_id in only]
    return documents[documents["document_id"].isin(ids)] if only else documents


def fetch(
    documents: pd.DataFrame,
    only: Sequence[str] = (),
    folder: Path = paths.CORPUS,
    *,
    features: Features | None = None,
    refresh: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    progress: bool = True,
) -> list[Fetched]:
    """Fetch documents into a folder and compare each with its committed passages; one result a document, in order.

    What the folder holds already is compared without a visit; with refresh its publisher is asked whether it changed.
    The fault of one document is its result. Raises ProjectError where nothing can be fetched at all.
    """
    with extra_packages():
        import httpx  # noqa: F401
        import pypdf  # noqa: F401
        import trafilatura  # noqa: F401

        from analysis.texts.public_client import open_client
    from tqdm import tqdm

    rows, last = chosen(documents, only), last_blocks(documents)
    target = folder.resolve()
    if target.is_relative_to(paths.ROOT) and not target.is_relative_to(paths.BUILD.resolve()):
        raise ParameterError(f"--into: {folder} is in the repository, where no text may stand; name a folder in build/")
    features = features or load_features()
    headers = {"User-Agent": f"{AGENT}/{__version__} (compares published documents with what was read)"}
    headers |= {"Accept": "text/html, application/xhtml+xml, application/pdf, */*;q=0.1", "Accept-Encoding": "identity"}
    results = []
    try:
        store = Store(folder)
        with open_client(headers, limits) as client:
            hosts = (host_of(url) for url in documents["source_url"] if url)
            visitor = Visitor(client, hosts, limits)
            bar = tqdm(rows.itertuples(), total=len(rows), desc="documents", unit="", disable=not progress)
            for row in bar:
                document_id = str(row.document_id)
                bar.set_postfix_str(document_id)
                if not row.source_url:
                    results.append(Fetched(document_id, "no address", "data/documents.csv has no source_url for it"))
                    continue
                try:
                    text = store.text(visitor, document_id, str(row.source_url), refresh=refresh)
                except FetchError as error:
                    results.append(Fetched(document_id, "failed", str(error)))
                    continue
                before = committed(features, document_id)
                if _digest(text.encode()) == row.sha256:
                    message = "the text is the one that was read"
                    results.append(Fetched(document_id, "unchanged", message, len(before)))
                    continue
                results.append(compare(document_id, before, passages(text, last.get(document_id))))
    except OSError as error:
        raise FetchError(f"{folder} cannot be written ({error}); name another folder with --into") from None
    return results


def report(results: Sequence[Fetched], most: int = 5) -> list[str]:
    """The results in lines to be read: first those that need a look, with up to `most` places each; last the counts."""
    lines = []
    for outcome in ("failed", "drifted", "unchanged"):
        for result in (result for result in results if result.outcome == outcome):
            lines.append(f"{result.document_id}: {outcome}; {result.message}")
            for name, places in (("missing", result.missing), ("new", result.new)):
                lines += [f"  {name}: {place}" for place in places[:most]]
                if len(places) > most:
                    lines.append(f"  {name}: … and {len(places) - most} more")
    counts = Counter(result.outcome for result in results)
    outcomes: tuple[Outcome, ...] = ("unchanged", "drifted", "failed", "no address")
    return [*lines, f"{len(results)} documents: " + ", ".join(f"{counts[outcome]} {outcome}" for outcome in outcomes)]


def exit_status(results: Iterable[Fetched]) -> int:
    """0 where nothing drifted or failed, else 1."""
    return int(any(result.outcome in ("drifted", "failed") for result in results))
