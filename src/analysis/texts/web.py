"""Hosts, addresses and waits of the link check, and its limits."""

import re
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

AGENT = "balancing-act"
REDIRECTS = 5
TOO_LONG = "took more than"  # so many seconds for a whole answer
NAT64 = ip_network("64:ff9b::/96")  # addresses of IPv6 that stand for one of IPv4


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
