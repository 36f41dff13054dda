"""Ask for every external link of the book, politely, and say which no longer lead where they should.

One request at a time to a host with pauses, many hosts side by side: HEAD, and GET where that fails or where the link
names a place in the page. Nothing but headers is read of a page whose link names none. robots.txt is not asked: only
pages are visited that the book sends its readers to, each once.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from analysis import __version__
from analysis.book.external_links import is_archive
from analysis.core.errors import FetchError
from analysis.texts.extract import extra_packages
from analysis.texts.web import AGENT, REDIRECTS, Limits, addresses_of, host_of, local_addresses, seconds_to_wait

if TYPE_CHECKING:
    import httpx

Outcome = Literal["dead", "unreachable", "refused", "moved", "fine"]
OUTCOMES: tuple[Outcome, ...] = ("dead", "unreachable", "refused", "moved", "fine")
FAULTS = OUTCOMES[:3]
HOSTS = 8  # asked side by side
SHOWN = 3  # places of a link in the report
LIMITS = Limits(pause=1.0, connect=10.0, read=20.0, total=60.0, wait=60.0, retries=2, size=5_000_000)
REFUSALS = {401, 403, 407, 429, 451, 999}  # a program is turned away; a reader may not be
PERMANENT = {301, 308}


@dataclass(frozen=True)
class Checked:
    """What came of a link: outcome and answer; places where it stands and, where known, its archived copy."""

    url: str
    outcome: Outcome
    answer: str
    places: Sequence[str] = ()
    archive: str = ""


class Failure(Exception):
    """A link that does not lead where it should: outcome, answer, and whether its host could not be reached at all."""

    def __init__(self, outcome: Outcome, answer: str, *, host_is_away: bool = False) -> None:
        super().__init__(answer)
        self.outcome, self.answer, self.host_is_away = outcome, answer, host_is_away


@dataclass
class Gate:
    """Lets one request at a time through to a host, with a pause after the one before."""

    pause: float
    stopped: Event
    _locks: dict[str, Lock] = field(default_factory=lambda: defaultdict(Lock))
    _left: dict[str, float] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    @contextmanager
    def at(self, host: str) -> Iterator[None]:
        """Wait until the host may be asked, and hold it while the block runs."""
        with self._guard:
            lock = self._locks[host]
        with lock:
            if host in self._left:
                self.stopped.wait(max(0.0, self._left[host] + self.pause - monotonic()))
            try:
                yield
            finally:
                self._left[host] = monotonic()


def has_place(page: str, fragment: str) -> bool:
    """Whether an HTML page has an element of this id or name."""
    names = {fragment, unquote(fragment)}
    found = re.finditer(r"""\b(?:id|name)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", page)
    return any((match[1] or match[2] or match[3]) in names for match in found)


class Checker:
    """Visits links with one client. local: whether private and loopback addresses may be asked, as in tests."""

    def __init__(self, client: "httpx.Client", limits: Limits = LIMITS, *, local: bool = False) -> None:
        self.limits, self.stopped = limits, Event()
        self._client, self._local, self._gate = client, local, Gate(limits.pause, self.stopped)

    def check(self, url: str) -> tuple[Outcome, str]:
        """The outcome of a link and what was answered. Raises Failure where it is a fault."""
        if not host_of_request(url):
            raise Failure("dead", "is no web address")
        address, fragment = urldefrag(url)
        fragment = "" if fragment.startswith((":~:", "!", "/")) else fragment  # those are for scripts
        method, hops, tries, moved = "GET" if fragment else "HEAD", 0, 0, False
        while True:
            self._require_public(address)
            wait = 0.0
            with self._asked(method, address) as response:
                status = response.status_code
                if response.has_redirect_location:
                    hops, moved = hops + 1, moved or status in PERMANENT
                    address = self._target(address, response.headers["location"], hops)
                elif status in (429, 500, 502, 503, 504) and tries < self.limits.retries:
                    tries, method = tries + 1, "GET"
                    wait = self._wait(response, tries)
                elif status >= 400 and method == "HEAD":
                    method = "GET"
                elif status >= 400:
                    outcome: Outcome = "refused" if status in REFUSALS else "dead" if status < 500 else "unreachable"
                    raise Failure(outcome, f"answers {status}" + (f" at {address}" if hops else ""))
                else:
                    if fragment:
                        self._require_place(response, fragment)
                    place = f"#{fragment}" if fragment else ""
                    return ("moved", f"moved for good to {address}{place}") if moved else ("fine", f"answers {status}")
            self.stopped.wait(wait)

    @contextmanager
    def _asked(self, method: str, address: str) -> "Iterator[httpx.Response]":
        import httpx

        try:
            with self._gate.at(host_of(address)), self._client.stream(method, address) as response:
                yield response
        except httpx.TimeoutException as error:
            within = f"{self.limits.connect:g} s to connect, {self.limits.read:g} s to read"
            away = isinstance(error, httpx.ConnectTimeout)
            raise Failure("unreachable", f"no answer in time ({within})", host_is_away=away) from None
        except httpx.ConnectError as error:
            unknown = not addresses_of(host_of_request(address))
            answer = f"name {host_of_request(address)} not found" if unknown else f"no connection ({error})"
            raise Failure("unreachable", answer, host_is_away=True) from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise Failure("unreachable", f"no answer ({error or type(error).__name__})") from None

    def _require_public(self, address: str) -> None:
        if not self._local and (found := local_addresses(host_of_request(address))):
            raise Failure("dead", f"leads to {found[0]}, a private address, and is not asked")

    def _target(self, address: str, location: str, hops: int) -> str:
        if hops > REDIRECTS:
            raise Failure("dead", f"redirects more than {REDIRECTS} times, last from {address} to {location}")
        try:
            target = urldefrag(urljoin(address, location)).url
            if urlsplit(target).scheme in ("http", "https") and host_of_request(target):
                return target
        except ValueError:
            pass
        raise Failure("dead", f"redirects to {location}, which is no web address")

    def _wait(self, response: "httpx.Response", tries: int) -> float:
        asked = seconds_to_wait(response.headers.get("retry-after", ""), datetime.now(UTC))
        wait = self.limits.pause * 2**tries if asked is None else asked
        if wait > self.limits.wait:
            outcome: Outcome = "refused" if response.status_code in REFUSALS else "unreachable"
            raise Failure(outcome, f"answers {response.status_code} and asks to wait {wait:g} s")
        return wait

    def _require_place(self, response: "httpx.Response", fragment: str) -> None:
        """Look for the place that a link names. Raises Failure where an HTML page has none of that name."""
        if "html" not in response.headers.get("content-type", ""):
            return
        body, ends = b"", monotonic() + self.limits.total
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self.limits.size:
                raise Failure(
                    "unreachable", f"is larger than {self.limits.size:,} bytes: #{fragment} was not looked for"
                )
            if monotonic() > ends:
                raise Failure("unreachable", f"took more than {self.limits.total:g} s: #{fragment} was not looked for")
        if not has_place(body.decode(response.encoding or "utf-8", "replace"), fragment):
            raise Failure("dead", f"answers {response.status_code}, but the page has no #{fragment}")


def host_of_request(address: str) -> str:
    """The host of an address as it is asked for; empty where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _check_host(checker: Checker, urls: Iterable[str]) -> Iterator[tuple[str, Outcome, str]]:
    """Check the links of one host in order; where it cannot be reached, the rest is not tried."""
    away = ""
    for url in urls:
        if checker.stopped.is_set():
            return
        try:
            if away:
                raise Failure("unreachable", away)
            outcome, answer = checker.check(url)
        except Failure as failure:
            outcome, answer = failure.outcome, failure.answer
            away = failure.answer if failure.host_is_away else away
        yield url, outcome, answer


def check_links(
    links: Mapping[str, Sequence[str]],
    archived: Mapping[str, str],
    limits: Limits = LIMITS,
    *,
    local: bool = False,
    progress: bool = True,
) -> list[Checked]:
    """Check links, given with the places where they stand, and return one result a link, in their order.

    archived: the known copies by address. Raises FetchError where no host that has a name could be reached and nothing
    else was fine: then there is no network.
    """
    with extra_packages():
        from analysis.texts.public_client import open_client
    from tqdm import tqdm

    hosts: dict[str, list[str]] = {}
    for url in links:
        hosts.setdefault(host_of_request(url), []).append(url)
    found: dict[str, Checked] = {}
    agent = {"User-Agent": f"{AGENT}/{__version__} (checks the links of a book)", "Accept": "*/*"}
    with (
        open_client(agent, limits, local=local) as client,
        ThreadPoolExecutor(HOSTS) as pool,
        tqdm(total=len(links), desc="links", unit="", disable=not progress) as bar,
    ):
        checker = Checker(client, limits, local=local)
        jobs = [pool.submit(lambda urls: list(_check_host(checker, urls)), urls) for urls in hosts.values()]
        try:
            for job in as_completed(jobs):
                for url, outcome, answer in job.result():
                    copy = archived.get(url) or (url if is_archive(url) else "")
                    found[url] = Checked(url, outcome, answer, links[url], copy)
                    bar.update()
        except BaseException:
            checker.stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    results = [found[url] for url in links]
    named = [result for result in results if not _is_number(host_of_request(result.url))] or results
    reached = any(result.outcome in ("fine", "moved") for result in results)
    if named and not reached and all(result.outcome == "unreachable" for result in named):
        raise FetchError(f"no host could be reached ({named[0].url}: {named[0].answer}); is there a network?")
    return results


# --- command


def report(results: Sequence[Checked]) -> list[str]:
    """The results in lines to be read: those that need a look, worst first, and the counts."""
    lines = []
    for outcome in OUTCOMES[:-1]:
        for result in (result for result in results if result.outcome == outcome):
            more = len(result.places) - SHOWN
            places = "; ".join(result.places[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
            lines += [f"{outcome}: {result.url}", f"  {result.answer}", f"  in {places}"]
            if result.archive and outcome in FAULTS:
                itself = result.archive == result.url
                lines.append("  is itself an archived copy" if itself else f"  archived: {result.archive}")
    counts = Counter(result.outcome for result in results)
    return [*lines, f"{len(results)} links: " + ", ".join(f"{counts[o]} {o}" for o in reversed(OUTCOMES))]


def exit_status(results: Iterable[Checked]) -> int:
    """1 where a link is dead, unreachable or refused, else 0; one that has moved still leads there."""
    return int(any(result.outcome in FAULTS for result in results))
