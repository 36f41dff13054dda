"""Fetching from publishers: a small server on this machine plays them; nothing else is asked."""

from __future__ import annotations

import html
import importlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import running

from analysis.core import paths
from analysis.core.errors import FetchError, ParameterError
from analysis.data.tables import load
from analysis.texts import extract, fetch
from analysis.texts.features import Features, as_features, build_tables, load_features
from analysis.texts.fetch import Fetched
from analysis.texts.segment import passages

TEXT = """Both delegations met at the harbour and spoke for two hours about the new ferry line between the islands.

# 1. Ferries

The first ferry will sail in spring. It carries two hundred passengers and forty cars across the strait each morning.

The harbour offices will share their weather reports, so that no ferry leaves before a storm.

# 2. Lighthouses

Old lamps are replaced within three years. The keepers of both coasts train together every autumn at the old station.
"""
OTHER = TEXT.replace("forty cars", "sixty cars")
DATE = "Wed, 01 Jan 2025 00:00:00 GMT"


def as_page(text: str, title: str = "Joint statement") -> bytes:
    """A web page around a normalised text, with a menu and a footer that do not belong to it."""
    blocks = []
    for block in text.strip().split("\n\n"):
        if block.startswith("# "):
            blocks.append(f"<h3>{html.escape(block[2:])}</h3>")
        elif block.startswith("- "):
            items = re.split(r"(?:^| )- ", block)[1:]
            blocks.append("<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in items) + "</ul>")
        else:
            blocks.append(f"<p>{html.escape(block)}</p>")
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body><nav>'
        f'<a href="/">Home</a></nav><main><article><h1>{title}</h1>{"".join(blocks)}</article></main>'
        "<footer><p>Imprint</p></footer></body></html>"
    ).encode()


def as_pdf(pages: list[list[str]]) -> bytes:
    """A PDF with lines of plain text on its pages."""
    contents = []
    for lines in pages:
        shown = " T* ".join("(" + re.sub(r"([()\\])", r"\\\1", line) + ") Tj" for line in lines)
        contents.append(f"BT /F1 11 Tf 14 TL 50 800 Td {shown} ET".encode())
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * n} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    raw, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(raw))
        raw += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(raw)}\n%%EOF\n"
    return raw + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


class Site(ThreadingHTTPServer):
    """A publisher: pages by path (anything else is 404), and what was asked of it, in order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Callable[[Handler], None]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def requests(self, path: str) -> list[dict[str, str]]:
        """The headers of the requests for a path, their names in small letters."""
        return [headers for asked, headers in self.asked if asked == path]


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.server.pages.get(self.path, answer(b"", 404))(self)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def answer(body: bytes, code: int = 200, kind: str = "text/html; charset=utf-8", **headers: str) -> Any:
    """A page that answers always the same; headers are named with _ for -."""

    shown = {"Content-Type": kind, "Content-Length": str(len(body))}
    shown |= {name.replace("_", "-"): value for name, value in headers.items()}

    def page(handler: Handler) -> None:
        handler.send_response(code)
        for name, value in shown.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return page


def in_turn(*pages: Callable[[Handler], None]) -> Callable[[Handler], None]:
    """A page that answers with each of these in turn, the last for good."""
    left = list(pages)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetch, "PAUSE", 0)
    server = Site()
    with running(server):
        yield server
        server.closing.set()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses and waits that were asked for; none is slept."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def fetched(
    site: Site, folder: Path, *names: str, only: list[str] | None = None, refresh: bool = False, **columns: Any
) -> list[Fetched]:
    """Fetch the documents at /NAME, each of which was read as TEXT; other columns of their table can be given."""
    table = pd.DataFrame({"document_id": names, "source_url": [f"{site.base}/{name}" for name in names]})
    table = table.assign(sha256="", last_block=pd.array([None] * len(names), dtype="Int64")).assign(**columns)
    features = features_of(*names)
    return fetch.fetch(table, only or [], folder, features=features, refresh=refresh)


def features_of(*names: str, text: str = TEXT) -> Features:
    return as_features(build_tables(dict.fromkeys(names, text), {}))


def failure(site: Site, folder: Path) -> str:
    """The message of the only document, /one, which fails and leaves no text."""
    [result] = fetched(site, folder, "one")
    assert result.outcome == "failed"
    assert not (folder / "texts" / "one.txt").exists()
    assert fetch.exit_status([result]) == 1
    return result.message


def files_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


# --- pages and PDFs


def test_page_is_fetched_and_unchanged(site: Site, tmp_path: Path) -> None:
    page = as_page(TEXT)
    site.pages["/one"] = answer(page, ETag='"v1"', Last_Modified=DATE)
    results = fetched(site, tmp_path, "one", sha256=fetch._digest(TEXT.encode()))
    assert results == [Fetched("one", "unchanged", "the text is the one that was read", 8)]
    assert fetch.exit_status(results) == 0
    assert (tmp_path / "raw" / "one.html").read_bytes() == page
    assert (tmp_path / "texts" / "one.txt").read_text(encoding="utf-8") == TEXT
    assert files_in(tmp_path) == ["fetch.json", "one.html", "one.txt"]
    assert site.requests("/one")[0]["user-agent"].startswith("balancing-act/")
    entry = json.loads((tmp_path / "fetch.json").read_text())["documents"]["one"]
    assert datetime.now(UTC) - datetime.fromisoformat(entry.pop("date")) < timedelta(minutes=1)
    assert entry == {
        "url": f"{site.base}/one",
        "final_url": f"{site.base}/one",
        "status": 200,
        "etag": '"v1"',
        "last_modified": DATE,
        "content_type": "text/html; charset=utf-8",
        "raw": "raw/one.html",
        "bytes": len(page),
        "sha256_raw": fetch._digest(page),
        "sha256_text": fetch._digest(TEXT.encode()),
    }


def test_same_passages_in_other_characters_are_unchanged(site: Site, tmp_path: Path) -> None:
    site.pages["/one"] = answer(as_page(TEXT.replace("so that", "so\u00ad that")))
    (result,) = fetched(site, tmp_path, "one")
    assert (result.outcome, result.message) == ("unchanged", "all 8 passages are as they were read")


def test_pdf_is_fetched_and_unchanged(site: Site, tmp_path: Path) -> None:
    first = """Both delegations met at the harbour and spoke for two hours about
the new ferry line between the islands.
1. Ferries
The first ferry will sail in spring. It carries two hundred pas-
sengers and forty cars across the strait each morning.
- 1 -"""
    second = """The harbour offices will share their weather reports, so that no ferry
leaves before a storm.
2. Lighthouses
Old lamps are replaced within three years. The keepers of both coasts
train together every autumn at the old station.
Page 2 of 2"""
    pages = [first.splitlines(), second.splitlines()]
    site.pages["/one"] = answer(b"\n" + as_pdf(pages), kind="application/octet-stream")
    (result,) = fetched(site, tmp_path, "one")
    assert (tmp_path / "texts" / "one.txt").read_text(encoding="utf-8") == TEXT
    assert result.outcome == "unchanged"
    assert (tmp_path / "raw" / "one.pdf").exists()


def test_changed_page_names_the_passage(site: Site, tmp_path: Path) -> None:
    site.pages["/one"] = answer(as_page(OTHER + "\nOne more sentence stands here.\n"))
    (result,) = fetched(site, tmp_path, "one")
    assert result == Fetched(
        "one",
        "drifted",
        "7 of 8 passages found again, 1 missing, 2 new",
        7,
        ("section 1, paragraph 2, sentence 2",),
        (
            "section 1, paragraph 2, sentence 2: “It carries two hundred passengers and sixty cars …”",
            "section 2, paragraph 5, sentence 1: “One more sentence stands here.”",
        ),
    )
    assert fetch.exit_status([result]) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A \x1b[31mred word.", "A [31mred word."),
        ("One two three four five six seven eight.", "One two three four five six seven eight."),
        ("One two three four five six seven eight nine.", "One two three four five six seven eight …"),
    ],
)
def test_of_a_new_passage_eight_words_are_shown_without_control_characters(text: str, shown: str) -> None:
    result = fetch.compare("one", [], passages(f"{text}\n"))
    assert result.new == (f"section 0, paragraph 1, sentence 1: “{shown}”",)


def test_text_that_moved_is_drift(site: Site, tmp_path: Path) -> None:
    blocks = TEXT.split("\n\n")
    site.pages["/one"] = answer(as_page("\n\n".join([*blocks[:2], blocks[3], blocks[2], *blocks[4:]])))
    (result,) = fetched(site, tmp_path, "one")
    assert (result.outcome, result.missing, result.new) == ("drifted", (), ())
    assert "in another order" in result.message


def test_text_after_the_last_block_is_left_out(site: Site, tmp_path: Path) -> None:
    site.pages["/one"] = answer(as_page(TEXT + "\n# 3. Annex\n\nThis annex is another document.\n"))
    [whole] = fetched(site, tmp_path, "one")
    assert [place.split(":")[0] for place in whole.new] == [
        "section 3, heading",
        "section 3, paragraph 5, sentence 1",
    ]
    [cut] = fetched(site, tmp_path, "one", last_block=pd.array([6], dtype="Int64"))
    assert cut.outcome == "unchanged"


def test_passage_that_stands_twice_is_counted_twice() -> None:
    counted = fetch.committed_passages(features_of("one", text="Same words here.\n\nSame words here.\n"), "one")
    result = fetch.compare("one", counted, passages("Same words here.\n"))
    assert (result.matches, result.missing, result.new) == (1, ("section 0, paragraph 2, sentence 1",), ())
    result = fetch.compare("one", counted[:1], passages("Same words here.\n\nSame words here.\n"))
    assert (result.matches, result.missing, len(result.new)) == (1, (), 1)


UNREADABLE = {
    "empty page": (b"<html><body></body></html>", "text/html", "the HTML that came holds no text"),
    "broken PDF": (b"%PDF-1.4 broken", "application/pdf", "what came cannot be read as PDF"),
    "PDF without text": (as_pdf([[]]), "application/pdf", "the PDF that came holds no text"),
    "picture": (b"\x89PNG", "image/png", "what came is neither HTML nor PDF but image/png"),
    "no type": (b"plain words", "", "what came is neither HTML nor PDF but of no content type"),
}


@pytest.mark.parametrize(("body", "kind", "told"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_document_is_not_kept(site: Site, tmp_path: Path, body: bytes, kind: str, told: str) -> None:
    site.pages["/one"] = answer(body, kind=kind)
    message = failure(site, tmp_path)
    assert message.startswith(told)
    assert message.endswith(f"; open {site.base}/one in a browser")
    assert files_in(tmp_path) == []
    site.pages["/one"] = answer(as_page(TEXT))
    assert fetched(site, tmp_path, "one")[0].outcome == "unchanged"


def test_every_statement_comes_back_from_a_page(corpus: Path) -> None:
    changed = []
    for name in load("documents").query("kind == 'statement'")["document_id"]:
        text = (corpus / "texts" / f"{name}.txt").read_text(encoding="utf-8")
        counted = fetch.committed_passages(as_features(build_tables({name: text}, {})), name)
        result = fetch.compare(name, counted, passages(extract.extract(as_page(text), "text/html")))
        if result.outcome != "unchanged":
            changed.append(result)
    assert changed == []


def test_committed_passages_are_those_of_the_text(corpus: Path) -> None:
    name = "us-jpn-2025-02-07"
    text = (corpus / "texts" / f"{name}.txt").read_text(encoding="utf-8")
    result = fetch.compare(name, fetch.committed_passages(load_features(), name), passages(text))
    assert result.outcome == "unchanged"


# --- text


def test_blocks_of_a_page() -> None:
    filler = "<p>" + "Many words stand here so that this is the main text. " * 10 + "</p>"
    body = (
        "<ul><li>First item.</li><li>Second <em>item</em>.<ul><li>Inner item</li></ul></li></ul><p>One line<br>and the"
        "&nbsp; next</p><p>***</p><h2>Head <b>line</b></h2><p>Last.</p><table><tr><td>a</td><td>b</td></tr></table>"
    )
    page = f"<html><body><article><h1>Title</h1>{filler}{body}{filler}</article></body></html>"
    assert extract.normal_form(extract.html_blocks(page)).split("\n\n")[1:-1] == [
        "- First item. - Second item. - Inner item",
        "One line and the next",
        "# Head line",
        "Last.",
        "a b",
    ]


@pytest.mark.parametrize("charset", ["koi8-r", '"koi8-r"', "no-such-charset"])
def test_charset_of_the_header_counts(charset: str) -> None:
    page = as_page("Паром уходит утром. " * 20).replace(b'<meta charset="utf-8">', b"").decode()
    encoding = "utf-8" if charset.startswith("no") else "koi8-r"
    assert "Паром уходит утром." in extract.extract(page.encode(encoding), f"text/html; charset={charset}")


def test_declared_encoding_in_the_page_does_no_harm() -> None:
    page = b'<?xml version="1.0" encoding="utf-8"?>\n' + as_page(TEXT)
    assert extract.extract(page, "application/xhtml+xml; charset=utf-8") == TEXT


def test_lines_of_a_pdf() -> None:
    first = (
        "12\nThe ministries of both countries agreed on a plan for the Indo-\nPacific which holds for a long co\u00ad\n"
    )
    first += "operation between all of the coast guards and their well-\ntrained crews.\n\n"
    second = "ON COSTS\nEach side pays for its own ships, its own crews, and all the\n3\nharbours it uses.\n– 13 –\n"
    assert extract.pdf_blocks([first, second]) == [
        "The ministries of both countries agreed on a plan for the Indo-Pacific which holds for a long cooperation "
        "between all of the coast guards and their welltrained crews.",
        "# ON COSTS",
        "Each side pays for its own ships, its own crews, and all the 3 harbours it uses.",
    ]
    assert extract.pdf_blocks([]) == []
    assert extract.pdf_blocks(["", " 7 "]) == []


def test_hyphens_at_the_line_ends_of_a_pdf() -> None:
    wide = "The towns along the coast keep their boats in one co-operation ever for all."
    lines = """(1) Boats go out. The towns on the other shore of the strait are open for\u00ad
ever, and that is forever old, as all who live there know, and the whole co\u00ad
operation of the two shores is kept for-
ever. It is a co-
operation."""
    assert extract.pdf_blocks([f"{wide}\n{lines}"]) == [
        wide,
        "(1) Boats go out. The towns on the other shore of the strait are open forever, and that is forever old, as "
        "all who live there know, and the whole cooperation of the two shores is kept forever. It is a co-operation.",
    ]


# --- redirects and failures


def test_redirect_is_followed(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/one": answer(b"", 301, Location="/moved"), "/moved": answer(as_page(TEXT))}
    assert fetched(site, tmp_path, "one")[0].outcome == "unchanged"
    entry = json.loads((tmp_path / "fetch.json").read_text())["documents"]["one"]
    assert (entry["url"], entry["final_url"]) == (f"{site.base}/one", f"{site.base}/moved")


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("ftp://127.0.0.1/x", "ftp://127.0.0.1/x is no web address; if it has moved, record its new address in data/"),
        ("file:/x", "is no web address"),
        ("/one", "/one is the end of more than 5 redirects; if it has moved"),
    ],
)
def test_redirect_that_leads_nowhere(site: Site, tmp_path: Path, target: str, told: str) -> None:
    site.pages["/one"] = answer(b"", 302, Location=target)
    assert told in failure(site, tmp_path)


def test_missing_page_fails_alone(site: Site, tmp_path: Path) -> None:
    site.pages["/two"] = answer(as_page(TEXT))
    one, two = fetched(site, tmp_path, "one", "two")
    assert one.message == (
        f"{site.base}/one answers 404; look for the document; if it has moved, record its new address in "
        "data/documents.csv, column source_url"
    )
    assert (one.outcome, two.outcome) == ("failed", "unchanged")
    site.pages["/one"] = answer(as_page(TEXT))
    assert fetched(site, tmp_path, "one")[0].outcome == "unchanged"


@pytest.mark.parametrize(
    ("code", "told"), [(304, "open it in a browser"), (403, "open it in a browser"), (500, "try again later")]
)
def test_refusals_say_what_to_do(site: Site, tmp_path: Path, code: int, told: str) -> None:
    site.pages["/one"] = answer(b"", code, Content_Length="")
    assert failure(site, tmp_path).startswith(f"{site.base}/one answers {code}; {told}")


def test_slow_server_is_given_up(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "READ", 0.2)
    site.pages["/one"] = lambda handler: answer(as_page(TEXT))(handler) if handler.server.closing.wait(10) else None
    started = time.monotonic()
    message = failure(site, tmp_path)
    assert message == f"{site.base}/one did not answer in time (10 s to connect, 0.2 s to read); try again later"
    assert time.monotonic() - started < 5


def test_host_that_is_not_there(site: Site, tmp_path: Path) -> None:
    base = "http://127.0.0.1:9"  # nobody listens there
    for result in fetched(site, tmp_path, "one", "two", source_url=[f"{base}/one", f"{base}/two"]):
        told = (
            rf"{base}/{result.document_id} was not fetched: {base}/robots.txt could not be fetched \(.*refused\); check"
        )
        assert re.match(told, result.message)
    for url in ("ftp://127.0.0.1/one", "http:///one", "http://[/one"):
        [result] = fetched(site, tmp_path, "one", source_url=url)
        assert result.message.startswith(f"{url} is no web address; ")


# --- politeness


def test_server_that_asks_to_wait_is_waited_for(site: Site, tmp_path: Path, naps: list[float]) -> None:
    site.pages["/one"] = in_turn(
        answer(b"", 503, Retry_After="7"), answer(b"", 429, Retry_After="9"), answer(as_page(TEXT))
    )
    assert fetched(site, tmp_path, "one")[0].outcome == "unchanged"
    assert [nap for nap in naps if nap] == [7, 9]


def test_waiting_has_an_end(site: Site, tmp_path: Path, naps: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "PAUSE", 1)
    site.pages["/one"] = answer(b"", 503, Retry_After="")
    assert failure(site, tmp_path) == f"{site.base}/one answers 503; try again later"
    assert len(site.requests("/one")) == 4
    assert [nap for nap in naps if nap >= 2] == [2, 4, 8]
    site.pages["/one"] = answer(b"", 429, Retry_After="3600")
    assert failure(site, tmp_path) == f"{site.base}/one answers 429 and asks to wait 3600 s; try again after that"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("Wed, 01 Jan 2025 00:01:30 GMT", 0),
        ("Fri, 01 Jan 9999 00:01:30 GMT", 2.5e11),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_seconds_to_wait(header: str, seconds: float | None) -> None:
    assert fetch.seconds_to_wait(header) == (pytest.approx(seconds, rel=0.1) if seconds else seconds)


def test_pause_between_requests_to_one_host(
    site: Site, tmp_path: Path, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PAUSE", 2)
    site.pages |= {"/one": answer(as_page(TEXT)), "/two": answer(as_page(TEXT))}
    fetched(site, tmp_path, "one", "two")
    assert [path for path, _ in site.asked] == ["/robots.txt", "/one", "/two"]
    assert naps[0] == 0
    assert all(1 < nap <= 2 for nap in naps[1:])


def test_robots_forbids(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/one": answer(as_page(TEXT)), "/two": answer(as_page(TEXT))}
    site.pages["/robots.txt"] = answer("\ufeffUser-agent: *\nDisallow: /one\n".encode(), kind="text/plain")
    one, two = fetched(site, tmp_path, "one", "two")
    assert one.message == (
        f"{site.base}/robots.txt asks programs not to fetch {site.base}/one; open it in a browser instead"
    )
    assert (one.outcome, two.outcome) == ("failed", "unchanged")
    assert site.requests("/one") == []


def test_missing_robots_allows(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/one": answer(as_page(TEXT)), "/robots.txt": answer(b"User-agent: *\nDisallow: /", 404)}
    assert fetched(site, tmp_path, "one")[0].outcome == "unchanged"


def test_robots_of_the_target_of_a_redirect_counts(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/one": answer(b"", 301, Location="/moved"), "/moved": answer(as_page(TEXT))}
    site.pages["/robots.txt"] = answer(b"User-agent: balancing-act\nDisallow: /moved", kind="text/plain")
    assert "asks programs not to fetch" in failure(site, tmp_path)
    assert site.requests("/moved") == []


def test_robots_that_cannot_be_read_forbids(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/one": answer(as_page(TEXT)), "/two": answer(as_page(TEXT)), "/robots.txt": answer(b"", 500)}
    for result in fetched(site, tmp_path, "one", "two"):
        told = f"was not fetched: {site.base}/robots.txt answers 500; try again later"
        assert (result.outcome, result.message) == ("failed", f"{site.base}/{result.document_id} {told}")
    assert [path for path, _ in site.asked] == ["/robots.txt"]


def test_pause_that_robots_asks_for(site: Site, tmp_path: Path, naps: list[float]) -> None:
    site.pages |= {"/one": answer(as_page(TEXT))}
    site.pages["/robots.txt"] = answer(b"User-agent: *\nCrawl-delay: 10", kind="text/plain")
    fetched(site, tmp_path, "one")
    assert 9 < max(naps) <= 10


# --- what is there already


def test_half_a_page_takes_the_place_of_nothing(site: Site, tmp_path: Path) -> None:
    page = as_page(TEXT)
    half = answer(page[:300], Content_Length=str(len(page)))
    site.pages["/one"] = in_turn(half, answer(page), half)
    assert "/one could not be fetched (peer closed connection" in failure(site, tmp_path)
    assert files_in(tmp_path) == []
    assert fetched(site, tmp_path, "one")[0].outcome == "unchanged"
    assert fetched(site, tmp_path, "one", refresh=True)[0].outcome == "failed"
    assert (tmp_path / "raw" / "one.html").read_bytes() == page
    assert fetched(site, tmp_path, "one")[0].outcome == "unchanged"


def test_killed_run_goes_on_with_the_rest(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("one", "two", "three")
    site.pages |= {f"/{name}": answer(as_page(TEXT)) for name in names}
    real, calls = fetch.extract, []

    def killed(raw: bytes, content_type: str = "") -> str:
        calls.append(raw)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(raw, content_type)

    monkeypatch.setattr(fetch, "extract", killed)
    with pytest.raises(KeyboardInterrupt):
        fetched(site, tmp_path, *names)
    monkeypatch.setattr(fetch, "extract", real)
    site.asked.clear()
    assert [result.outcome for result in fetched(site, tmp_path, *names)] == ["unchanged"] * 3
    assert [path for path, _ in site.asked if path != "/robots.txt"] == ["/two", "/three"]
    site.asked.clear()
    assert [result.outcome for result in fetched(site, tmp_path, *names)] == ["unchanged"] * 3
    assert site.asked == []


def test_lost_text_is_made_again_and_altered_raw_file_or_address_fetched_again(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/one": answer(as_page(TEXT), ETag='"v1"'), "/new": answer(as_page(TEXT))}
    fetched(site, tmp_path, "one")
    (tmp_path / "texts" / "one.txt").unlink()
    fetched(site, tmp_path, "one")
    assert (tmp_path / "texts" / "one.txt").read_text(encoding="utf-8") == TEXT
    assert len(site.requests("/one")) == 1
    (tmp_path / "raw" / "one.html").write_bytes(as_page(OTHER))
    assert fetched(site, tmp_path, "one")[0].outcome == "unchanged"
    assert "if-none-match" not in site.requests("/one")[1]
    fetched(site, tmp_path, "one", source_url=f"{site.base}/new")
    assert len(site.requests("/new")) == 1


def test_refresh_asks_whether_it_changed(site: Site, tmp_path: Path) -> None:
    site.pages["/one"] = in_turn(
        answer(as_page(TEXT), ETag='W/"v1"', Last_Modified=DATE),
        answer(b"", 304, Content_Length=""),
        answer(as_page(OTHER)),
    )
    fetched(site, tmp_path, "one")
    before = (tmp_path / "fetch.json").read_bytes()
    assert fetched(site, tmp_path, "one", refresh=True)[0].outcome == "unchanged"
    asked = site.requests("/one")[1]
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('W/"v1"', DATE)
    assert (tmp_path / "fetch.json").read_bytes() == before
    assert fetched(site, tmp_path, "one", refresh=True)[0].outcome == "drifted"
    assert (tmp_path / "texts" / "one.txt").read_text(encoding="utf-8") == OTHER


def test_refresh_that_cannot_be_read_keeps_what_is_there(site: Site, tmp_path: Path) -> None:
    site.pages["/one"] = in_turn(answer(as_page(TEXT)), answer(b"\x89PNG", kind="image/png"))
    fetched(site, tmp_path, "one")
    assert fetched(site, tmp_path, "one", refresh=True)[0].outcome == "failed"
    assert files_in(tmp_path) == ["fetch.json", "one.html", "one.txt"]
    assert fetched(site, tmp_path, "one")[0].outcome == "unchanged"


def test_page_that_became_a_pdf_leaves_one_raw_file(site: Site, tmp_path: Path) -> None:
    site.pages["/one"] = in_turn(answer(as_page(TEXT)), answer(as_pdf([["Some words."]]), kind="application/pdf"))
    fetched(site, tmp_path, "one")
    fetched(site, tmp_path, "one", refresh=True)
    assert [file.name for file in (tmp_path / "raw").iterdir()] == ["one.pdf"]


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"documents": {"one": 1}}', '{"documents": {"one": {}}}', "\xff"]
)
def test_broken_state_is_named(site: Site, tmp_path: Path, content: str) -> None:
    (tmp_path / "fetch.json").write_text(content, encoding="latin-1")
    with pytest.raises(FetchError, match=r"fetch.json is broken \(.+\); delete it to fetch the documents again"):
        fetched(site, tmp_path, "one")
    assert site.asked == []
    assert (tmp_path / "fetch.json").read_text(encoding="latin-1") == content


# --- command


def test_unknown_id_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"--document: 'us-jpn-2025-02-08' is not the id .* us-jpn-2025-02-07"):
        fetch.fetch(load("documents"), ["us-jpn-2025-02-08"], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_only_the_named_documents_are_fetched(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/one": answer(as_page(TEXT)), "/two": answer(as_page(TEXT))}
    urls = [f"{site.base}/one", f"{site.base}/two", ""]
    results = fetched(site, tmp_path, "one", "two", "three", only=["three", "two"], source_url=urls)
    assert [(result.document_id, result.outcome) for result in results] == [
        ("two", "unchanged"),
        ("three", "no address"),
    ]
    assert site.requests("/one") == []
    assert fetch.exit_status(results) == 0


@pytest.mark.parametrize("folder", [paths.ROOT, paths.DATA / "x", paths.BUILD / ".." / "texts"])
def test_no_text_in_the_repository(folder: Path) -> None:
    with pytest.raises(ParameterError, match="is in the repository, where no text may stand"):
        fetch.fetch(load("documents"), folder=folder, features=features_of("one"))
    assert not (paths.ROOT / "texts").exists()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchError, match=r"cannot be written .*; name another folder with --into"):
        fetch.fetch(load("documents"), folder=tmp_path / "file", features=features_of("one"))


@pytest.mark.parametrize("package", ["httpx", "protego", "tenacity", "trafilatura", "pypdf"])
def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    module = "analysis.texts." + ("extract" if package in ("trafilatura", "pypdf") else "fetch")
    monkeypatch.delitem(sys.modules, module)
    with pytest.raises(FetchError, match=re.escape('pip install -e ".[fetch]"')):
        importlib.import_module(module)


def test_report() -> None:
    results = [
        Fetched("a", "unchanged", "the text is the one that was read", 9),
        Fetched("b", "drifted", "1 of 4 passages found again, 3 missing, 1 new", 1, ("p", "q", "r"), ("s: “x”",)),
        Fetched("c", "failed", "http://c answers 404"),
        Fetched("d", "no address", "data/documents.csv has no source_url for it"),
    ]
    assert fetch.report(results, most=2) == [
        "c: failed; http://c answers 404",
        "b: drifted; 1 of 4 passages found again, 3 missing, 1 new",
        "  missing: p",
        "  missing: q",
        "  missing: … and 1 more",
        "  new: s: “x”",
        "a: unchanged; the text is the one that was read",
        "4 documents: 1 unchanged, 1 drifted, 1 failed, 1 no address",
    ]
    assert [fetch.exit_status(results[:1]), fetch.exit_status(results[:2]), fetch.exit_status(results[2:])] == [0, 1, 1]
    assert fetch.exit_status(results[3:]) == 0
