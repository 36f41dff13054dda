"""Visit publishers politely: known hosts, robots.txt, pauses, waiting when asked to, few redirects, bounded time."""

import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from analysis.core.errors import FetchError

if TYPE_CHECKING:
    import httpx

AGENT = "balancing-act"
REDIRECTS = 5
ROBOTS_SIZE = 500_000
TOO_LONG = "took more than"  # so many seconds for a whole answer
NAT64 = ip_network("64:ff9b::/96")  # addresses of IPv6 that stand for one of IPv4
MOVED = "if it has moved, record its new address in data/documents.csv, column source_url"


@dataclass(frozen=True)
class Limits:
    """Bounds of a visit: seconds for pause, connect, read, total and wait, bytes for size.

    pause lies between two requests to one host; total is the time for one body; wait the longest time that a publisher
    may ask us to wait, retries how often we come back.
    """

    pause: float = 2.0
    connect: float = 10.0
    read: float = 30.0
    total: float = 300.0
    wait: float = 120.0
    retries: int = 3
    size: int = 50_000_000


def host_of(url: str) -> str:
    """The host of an address, without www."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def addresses_of(host: str) -> list[str]:
    """The addresses of a host, in the order in which they are tried; none where its name is not known."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        return []
    return list(dict.fromkeys(str(at[0]) for *_, at in found))


def is_public(address: str) -> bool:
    """Whether an address, or the one that it stands for, is neither private nor loopback, multicast or reserved."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if inner is None and ip in NAT64:
            inner = ip_address(int(ip) & 0xFFFFFFFF)  # type: ignore[assignment]
        if inner is not None and not is_public(str(inner)):
            return False
    return ip.is_global and not ip.is_multicast


def local_addresses(host: str) -> list[str]:
    """The addresses of a host that are private, loopback or otherwise not public."""
    return [address for address in addresses_of(host) if not is_public(address)]


def seconds_to_wait(retry_after: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or a date; None where it says neither."""
    if re.fullmatch(r"\d{1,9}", retry_after.strip(), re.ASCII):
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())


def _require_public(url: str) -> None:
    if found := local_addresses(urlsplit(url).hostname or ""):
        raise FetchError(f"{url} leads to {found[0]}, a private address, and is not asked; {MOVED}")


class Visitor:
    """A polite guest: knows the listed hosts and their robots.txt, pauses, waits and follows redirects."""

    def __init__(self, client: "httpx.Client", hosts: Iterable[str], limits: Limits) -> None:
        self.limits = limits
        self._client, self._hosts = client, frozenset(hosts)
        self._robots: dict[str, RobotFileParser | FetchError] = {}
        self._left: dict[str, float] = {}  # when we last left a host

    @contextmanager
    def open(self, url: str, headers: dict[str, str], *, robots: bool = True) -> "Iterator[httpx.Response]":
        """The answer to a request, its body not yet read. Raises FetchError where there is none."""
        import httpx

        hops, tries = 0, 0
        try:
            while True:
                pause, host = self._admitted(url) if robots else self.limits.pause, host_of(url)
                sleep(max(0.0, self._left.get(host, 0.0) + pause - monotonic()))
                try:
                    with self._client.stream("GET", url, headers=headers) as response:
                        if response.status_code in (429, 503):
                            tries += 1
                            wait = self._wait(response, tries)
                        elif response.has_redirect_location:
                            hops += 1
                            url, wait = self._target(url, response.headers["location"], hops), 0.0
                        else:
                            yield response
                            return
                finally:
                    self._left[host] = monotonic()
                sleep(wait)
        except httpx.TimeoutException as error:
            if str(error).startswith(TOO_LONG):
                raise FetchError(f"{url} {error}; run the command again") from None
            longest = f"{self.limits.connect:g} s to connect, {self.limits.read:g} s to read"
            raise FetchError(f"{url} did not answer in time ({longest}); try again later") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchError(f"{url} could not be fetched ({error}); check the network and try again") from None

    def _wait(self, response: "httpx.Response", tries: int) -> float:
        asked = seconds_to_wait(response.headers.get("retry-after", ""), datetime.now(UTC))
        wait = self.limits.pause * 2**tries if asked is None else asked
        answer = f"{response.url} answers {response.status_code}"
        if tries > self.limits.retries:
            raise FetchError(f"{answer} after {self.limits.retries} retries; try again later")
        if wait > self.limits.wait:
            raise FetchError(f"{answer} and asks to wait {wait:g} s; try again after that")
        return wait

    def _target(self, url: str, location: str, hops: int) -> str:
        if hops > REDIRECTS:
            raise FetchError(f"{url} is the end of more than {REDIRECTS} redirects; {MOVED}")
        with suppress(ValueError):  # no address at all
            target = urljoin(url, location)
            if urlsplit(target).scheme in ("http", "https") and host_of(target) in self._hosts:
                return target
        raise FetchError(f"{url} redirects to {location}, which is at no host of data/documents.csv; {MOVED}")

    def _admitted(self, url: str) -> float:
        """The pause before a request. Raises FetchError where robots.txt forbids the request or cannot be read."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchError(f"{url} is no web address; correct it in data/documents.csv, column source_url")
        _require_public(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            try:
                self._robots[origin] = self._read_robots(f"{origin}/robots.txt")
            except FetchError as error:
                self._robots[origin] = error  # the host is not asked again
        rules = self._robots[origin]
        if isinstance(rules, FetchError):
            raise FetchError(f"{url} was not fetched: {rules}")
        if not rules.can_fetch(AGENT, url):
            raise FetchError(f"{origin}/robots.txt asks programs not to fetch {url}; open it in a browser instead")
        return max(self.limits.pause, min(float(rules.crawl_delay(AGENT) or 0), self.limits.wait))

    def _read_robots(self, url: str) -> RobotFileParser:
        with self.open(url, {}, robots=False) as response:
            if response.status_code >= 500:
                raise FetchError(f"{url} answers {response.status_code}; try again later")
            body, rules = b"", RobotFileParser(url)
            for chunk in response.iter_bytes() if response.status_code == 200 else ():
                body += chunk
                if len(body) > ROBOTS_SIZE:
                    break
            rules.parse(body.decode("utf-8-sig", "replace").splitlines())
            return rules
