"""Fetch the documents from their publishers and say whether they are still what was read.

A folder keeps raw/ID.html or raw/ID.pdf, texts/ID.txt (the normal form of `analysis.texts.segment`) and fetch.json,
which says where each came from. What is fetched is compared with the committed features; no text leaves the folder.
"""

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import numpy as np
import pandas as pd
from tqdm import tqdm

from analysis import __version__
from analysis.core import paths
from analysis.core.errors import FetchError, ParameterError
from analysis.core.files import write_whole
from analysis.texts.corpus import last_blocks
from analysis.texts.documents import find
from analysis.texts.extract import extra_packages, extract, kind_of
from analysis.texts.features import Features, load_features
from analysis.texts.segment import Passage, passages, tokenize

with extra_packages():
    import httpx
    from protego import Protego
    from tenacity import RetryCallState, retry, retry_if_result, stop_after_attempt

STATE = "fetch.json"
KEYS = ("url", "etag", "last_modified", "content_type", "raw", "sha256_raw")  # of a document, which the next run reads
AGENT = "balancing-act"
PAUSE = 2.0  # seconds between two requests to one host, unless its robots.txt asks for more
CONNECT, READ = 10.0, 30.0  # seconds to connect, and for the next bytes
LONGEST_WAIT = 120.0  # seconds that a publisher may ask us to wait
RETRIES, REDIRECTS = 3, 5
ADDRESS = re.compile(r"https?://[\w.-]+(:\d+)?([/?#]|$)")
MOVED = "if it has moved, record its new address in data/documents.csv, column source_url"

Outcome = Literal["unchanged", "drifted", "failed", "no address"]
Tokens = frozenset[tuple[str, int]]  # the tokens of a passage with their counts


# --- publishers


def seconds_to_wait(retry_after: str) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or a date; None where it says neither."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    with suppress(ValueError, TypeError):  # no date, or one without a zone
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    return None


def _last_answer(attempt: Any) -> httpx.Response:
    response: httpx.Response = attempt.outcome.result()
    return response


def _wait(attempt: RetryCallState) -> float:
    """Return the seconds to the next attempt. Raises FetchError where a publisher asks for too many."""
    response = _last_answer(attempt)
    asked = seconds_to_wait(response.headers.get("retry-after", ""))
    if asked is not None and asked > LONGEST_WAIT:
        answer = f"{response.url} answers {response.status_code}"
        raise FetchError(f"{answer} and asks to wait {asked:g} s; try again after that")
    return PAUSE * 2.0**attempt.attempt_number if asked is None else asked


class Visitor:
    """A polite guest of publishers: keeps to robots.txt, pauses, waits when asked to, follows few redirects."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._robots: dict[str, Protego | FetchError] = {}
        self._last_visits: dict[str, float] = {}  # by host

    def get(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        """Return the answer to a request, after its redirects. Raises FetchError where there is none."""
        for _ in range(REDIRECTS + 1):
            response = self._ask(url, headers, self._pause(url))
            if response.next_request is None:
                return response
            url = str(response.next_request.url)
        raise FetchError(f"{url} is the end of more than {REDIRECTS} redirects; {MOVED}")

    @retry(
        retry=retry_if_result(lambda response: response.status_code in (429, 503)),
        stop=stop_after_attempt(RETRIES + 1),
        wait=_wait,
        retry_error_callback=_last_answer,
    )
    def _ask(self, url: str, headers: Mapping[str, str], pause: float, *, redirects: bool = False) -> httpx.Response:
        host = urlsplit(url).netloc
        time.sleep(max(0.0, self._last_visits.get(host, 0.0) + pause - time.monotonic()))
        try:
            return self._client.get(url, headers=headers, follow_redirects=redirects)
        except httpx.TimeoutException:
            within = f"{CONNECT:g} s to connect, {READ:g} s to read"
            raise FetchError(f"{url} did not answer in time ({within}); try again later") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchError(f"{url} could not be fetched ({error}); check the network and try again") from None
        finally:
            self._last_visits[host] = time.monotonic()

    def _pause(self, url: str) -> float:
        """Return the pause before a request. Raises FetchError where robots.txt forbids it or cannot be read."""
        if not ADDRESS.match(url):
            raise FetchError(f"{url} is no web address; {MOVED}")
        address = urljoin(url, "/robots.txt")
        if address not in self._robots:
            try:
                response = self._ask(address, {}, PAUSE, redirects=True)
                if response.status_code >= 500:
                    raise FetchError(f"{address} answers {response.status_code}; try again later")
                rules = response.content.decode("utf-8-sig", "replace") if response.status_code == 200 else ""
                self._robots[address] = Protego.parse(rules)
            except FetchError as error:
                self._robots[address] = error  # the host is not asked again
        robots = self._robots[address]
        if isinstance(robots, FetchError):
            raise FetchError(f"{url} was not fetched: {robots}")
        if not robots.can_fetch(url, AGENT):
            raise FetchError(f"{address} asks programs not to fetch {url}; open it in a browser instead")
        return max(PAUSE, min(robots.crawl_delay(AGENT) or 0.0, LONGEST_WAIT))


# --- folder


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Store:
    """The folder with what was fetched, and its state, which is written after every document.

    Raises FetchError where the state is broken.
    """

    def __init__(self, folder: Path) -> None:
        for name in ("raw", "texts"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.sources: dict[str, dict[str, Any]] = {}
        with suppress(FileNotFoundError):
            content = (folder / STATE).read_bytes()
            try:
                for name, source in json.loads(content)["documents"].items():
                    self.sources[name] = source | {key: source[key] for key in KEYS}
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                reason = f"is broken ({type(error).__name__}: {error}); delete it to fetch the documents again"
                raise FetchError(f"{folder / STATE} {reason}") from None

    def text(self, visitor: Visitor, row: Any, *, refresh: bool) -> str:
        """Return the text of a document, fetched unless its file is there. Raises FetchError where it cannot be had."""
        document_id, url = str(row.document_id), str(row.source_url)
        source, raw = self.sources.get(document_id), b""
        if source:
            with suppress(OSError):
                raw = (self.folder / source["raw"]).read_bytes()
            if source["url"] != url or source["sha256_raw"] != _digest(raw):
                source = None
        if source and not refresh:
            return self._keep(document_id, source, raw)
        validators = {"If-None-Match": source["etag"], "If-Modified-Since": source["last_modified"]} if source else {}
        response = visitor.get(url, {name: value for name, value in validators.items() if value})
        if source and response.status_code == 304:
            return self._keep(document_id, source, raw)
        if (code := response.status_code) != 200:
            advice = "open it in a browser to see whether its publisher turns programs away"
            if code in (404, 410):
                advice = f"look for the document; {MOVED}"
            elif code >= 500 or code == 429:
                advice = "try again later"
            raise FetchError(f"{response.url} answers {code}; {advice}")
        names = ("etag", "last_modified", "content_type")
        about = {name: response.headers.get(name.replace("_", "-"), "") for name in names}
        about |= {"url": url, "final_url": str(response.url), "status": response.status_code}
        about["date"] = datetime.now(UTC).isoformat(timespec="seconds")
        return self._keep(document_id, about, response.content)

    def _keep(self, document_id: str, about: dict[str, Any], raw: bytes) -> str:
        """Extract the text of a file, write both and the state, and return the text."""
        try:
            kind, text = kind_of(raw, about["content_type"]), extract(raw, about["content_type"])
        except FetchError as error:
            raise FetchError(f"{error}; open {about['url']} in a browser") from None
        about = about | {"raw": f"raw/{document_id}.{kind}", "bytes": len(raw)}
        about |= {"sha256_raw": _digest(raw), "sha256_text": _digest(text.encode())}
        write_whole(self.folder / about["raw"], raw)
        write_whole(self.folder / "texts" / f"{document_id}.txt", text.encode())
        self.sources[document_id] = about
        state = json.dumps({"documents": self.sources}, indent=2, sort_keys=True)
        write_whole(self.folder / STATE, f"{state}\n".encode())
        (self.folder / "raw" / f"{document_id}.{'pdf' if kind == 'html' else 'html'}").unlink(missing_ok=True)
        return text


# --- comparison with the committed features


@dataclass(frozen=True)
class Fetched:
    """What came of one document: how many committed passages it holds, the places of the missing and the new."""

    document_id: str
    outcome: Outcome
    message: str
    matches: int = 0
    missing: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


def _place(part: Any) -> str:
    """Return the place of a passage, or of a row of the table of passages, in words."""
    inner = f"paragraph {part.paragraph}, sentence {part.sentence}" if part.paragraph else "heading"
    return f"section {part.section}, {inner}"


def committed_passages(features: Features, document_id: str) -> list[tuple[str, Tokens]]:
    """Return place and tokens of the committed passages of a document, in order."""
    placed = []
    for row in np.flatnonzero((features.passages["document_id"] == document_id).to_numpy()):
        counts = features.counts[[row]]
        tokens = frozenset(zip(np.take(features.vocabulary, counts.indices), counts.data.astype(int), strict=True))
        placed.append((_place(features.passages.iloc[row]), tokens))
    return placed


def _only_in(one: Iterable[tuple[str, Tokens]], other: Iterable[tuple[str, Tokens]]) -> tuple[str, ...]:
    """Return the places of the passages of one text that the other lacks; each of the other's answers for one."""
    unmatched, places = Counter(tokens for _, tokens in other), []
    for place, tokens in one:
        unmatched[tokens] -= 1
        if unmatched[tokens] < 0:
            places.append(place)
    return tuple(places)


def compare(document_id: str, committed: Sequence[tuple[str, Tokens]], fetched: Sequence[Passage]) -> Fetched:
    """Compare the committed passages with those of a fetched text, by the counts of their tokens."""
    placed = []
    for part in fetched:
        words = part.text.split()
        shown = "".join(c for c in " ".join(words[:8]) if c.isprintable()) + (" …" if len(words) > 8 else "")
        placed.append((f"{_place(part)}: “{shown}”", frozenset(Counter(tokenize(part.text)).items())))
    missing, new = _only_in(committed, placed), _only_in(placed, committed)
    matches, outcome = len(committed) - len(missing), "drifted"  # type: tuple[int, Outcome]
    if [tokens for _, tokens in committed] == [tokens for _, tokens in placed]:
        outcome, message = "unchanged", f"all {matches} passages are as they were read"
    elif missing or new:
        message = f"{matches} of {len(committed)} passages found again, {len(missing)} missing, {len(new)} new"
    else:
        message = f"all {matches} passages found again, but in another order"
    return Fetched(document_id, outcome, message, matches, missing, new)


# --- command


def fetch(
    documents: pd.DataFrame,
    only: Sequence[str] = (),
    folder: Path = paths.CORPUS,
    *,
    features: Features | None = None,
    refresh: bool = False,
) -> list[Fetched]:
    """Fetch documents into a folder and compare each with its committed passages; one result a document, in order.

    What the folder holds already is compared without a visit; with refresh its publisher is asked whether it changed.
    Raises ParameterError for an unknown id and for a folder in the repository, FetchError where it cannot be written.
    """
    ids = [find("--document", document_id, documents) for document_id in only]
    target = folder.resolve()
    if target.is_relative_to(paths.ROOT) and not target.is_relative_to(paths.BUILD.resolve()):
        raise ParameterError(f"--into: {folder} is in the repository, where no text may stand; name a folder in build/")
    features, last = features or load_features(), last_blocks(documents)
    results = []
    try:
        store = Store(folder)
        agent = {"User-Agent": f"{AGENT}/{__version__} (compares published documents with what was read)"}
        with httpx.Client(headers=agent, timeout=httpx.Timeout(READ, connect=CONNECT)) as client:
            visitor, rows = Visitor(client), documents[documents["document_id"].isin(ids)] if only else documents
            for row in tqdm(rows.itertuples(), "documents", len(rows), unit="", disable=None):
                document_id, committed = str(row.document_id), committed_passages(features, str(row.document_id))
                try:
                    if not row.source_url:
                        result = Fetched(document_id, "no address", "data/documents.csv has no source_url for it")
                    elif _digest((text := store.text(visitor, row, refresh=refresh)).encode()) == row.sha256:
                        message = "the text is the one that was read"
                        result = Fetched(document_id, "unchanged", message, len(committed))
                    else:
                        result = compare(document_id, committed, passages(text, last.get(document_id)))
                except FetchError as error:
                    result = Fetched(document_id, "failed", str(error))
                results.append(result)
    except OSError as error:
        raise FetchError(f"{folder} cannot be written ({error}); name another folder with --into") from None
    return results


def report(results: Sequence[Fetched], most: int = 5) -> list[str]:
    """Return the results in lines: first those that need a look, with up to `most` places each; last the counts."""
    lines = []
    order: tuple[Outcome, ...] = ("unchanged", "drifted", "failed", "no address")
    shown = [result for result in results if result.outcome != "no address"]
    for result in sorted(shown, key=lambda result: -order.index(result.outcome)):
        lines.append(f"{result.document_id}: {result.outcome}; {result.message}")
        for name, places in (("missing", result.missing), ("new", result.new)):
            lines += [f"  {name}: {place}" for place in places[:most]]
            lines += [f"  {name}: … and {len(places) - most} more"] if len(places) > most else []
    counts = Counter(result.outcome for result in results)
    return [*lines, f"{len(results)} documents: " + ", ".join(f"{counts[outcome]} {outcome}" for outcome in order)]


def exit_status(results: Iterable[Fetched]) -> int:
    """Return 0 where nothing drifted or failed, else 1."""
    return int(any(result.outcome in ("drifted", "failed") for result in results))
