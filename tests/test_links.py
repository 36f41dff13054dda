"""External links: where they stand, and what a small server on this machine answers for them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import running

from analysis.book import external_links
from analysis.book.archived import with_copies
from analysis.cli import command
from analysis.core.errors import FetchError
from analysis.release import link_check
from analysis.release.link_check import Checked
from analysis.texts import web
from analysis.texts.web import Limits

QUICK = Limits(pause=0, connect=2, read=0.5, total=1, wait=5, retries=2, size=2000)
PAGE = b'<h1 id="top">x</h1><a name=old></a>'
ELSEWHERE = "https://example.invalid/"


class Site(ThreadingHTTPServer):
    """Answers (code, headers, body) by path, each in turn, the last for good; anything else is 404."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.slow: set[str] = set()
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.at_once = self.most_at_once = 0
        self.guard = threading.Lock()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def page(self, path: str, *codes: int, body: bytes = PAGE, **headers: str) -> str:
        shown = {"Content-Type": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = [(code, shown, body) for code in codes or (200,)]
        return self.url(path)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault."""


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        site = self.server
        with site.guard:
            site.asked.append(f"{self.command} {self.path}")
            site.agents.add(self.headers["User-Agent"])
            site.at_once += 1
            site.most_at_once = max(site.most_at_once, site.at_once)
            answers = site.pages.get(self.path, [(404, {}, b"")])
            code, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
        time.sleep(1 if self.path in site.slow else 0.005)
        self.send_response(code)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        with site.guard:
            site.at_once -= 1  # before the answer, which the next request may follow at once
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Site()
    with running(server):
        yield server


def check(*urls: str, local: bool = True, archived: dict[str, str] | None = None) -> list[Checked]:
    places = {url: ["book/a.md, line 1"] for url in urls}
    return link_check.check_links(places, archived or {}, QUICK, local=local, progress=False)


def one(site: Site, url: str) -> tuple[str, str]:
    """Outcome and answer of a link, checked beside one that is fine."""
    result, fine = check(url, site.page("/beside"))
    assert fine.outcome == "fine"
    assert link_check.exit_status([result, fine]) == (0 if result.outcome in ("fine", "moved") else 1)
    return result.outcome, result.answer


# --- answers


def test_a_page_that_is_there_is_asked_for_its_headers_alone(site: Site) -> None:
    assert one(site, site.page("/a")) == ("fine", "answers 200")
    assert site.asked[0] == "HEAD /a"
    assert all(agent.startswith("balancing-act/") for agent in site.agents)


def test_a_page_that_is_gone(site: Site) -> None:
    assert one(site, site.url("/gone")) == ("dead", "answers 404")
    assert site.asked[:2] == ["HEAD /gone", "GET /gone"]


@pytest.mark.parametrize("code", [405, 403, 404])
def test_where_headers_are_refused_the_page_is_asked_for(site: Site, code: int) -> None:
    assert one(site, site.page("/a", code, 200)) == ("fine", "answers 200")


def test_a_host_in_trouble_is_asked_again(site: Site) -> None:
    assert one(site, site.page("/a", 500, 500, 200)) == ("fine", "answers 200")
    assert [asked for asked in site.asked if asked.endswith("/a")] == ["HEAD /a", "GET /a", "GET /a"]
    assert one(site, site.page("/b", 503)) == ("unreachable", "answers 503")


def test_a_host_that_asks_to_wait_is_waited_for_but_not_for_long(site: Site) -> None:
    assert one(site, site.page("/a", 429, 200, Retry_After="0")) == ("fine", "answers 200")
    assert one(site, site.page("/b", 429, Retry_After="600")) == ("refused", "answers 429 and asks to wait 600 s")


def test_a_program_that_is_turned_away_says_so(site: Site) -> None:
    assert one(site, site.page("/a", 403)) == ("refused", "answers 403")


@pytest.mark.parametrize(("code", "outcome"), [(301, "moved"), (308, "moved"), (302, "fine"), (307, "fine")])
def test_a_page_that_has_moved_for_good_is_told(site: Site, code: int, outcome: str) -> None:
    site.page("/new")
    answer = f"moved for good to {site.url('/new')}#top" if outcome == "moved" else "answers 200"
    assert one(site, site.page("/old", code, Location="/new") + "#top") == (outcome, answer)


def test_a_page_that_has_moved_to_nowhere_is_dead(site: Site) -> None:
    assert one(site, site.page("/old", 301, Location="/gone")) == ("dead", f"answers 404 at {site.url('/gone')}")
    outcome, answer = one(site, site.page("/ftp", 302, Location="ftp://example.org/a"))
    assert (outcome, answer) == ("dead", "redirects to ftp://example.org/a, which is no web address")


def test_a_loop_of_redirects_ends(site: Site) -> None:
    site.page("/b", 302, Location="/a")
    outcome, answer = one(site, site.page("/a", 302, Location="/b"))
    assert (outcome, answer.partition(",")[0]) == ("dead", "redirects more than 5 times")
    assert len([asked for asked in site.asked if not asked.endswith("/beside")]) == 6


@pytest.mark.parametrize("place", ["top", "old", "%74op", ":~:text=x", "!/route"])
def test_a_place_in_a_page_is_found(site: Site, place: str) -> None:
    assert one(site, f"{site.page('/a')}#{place}")[0] == "fine"


def test_a_place_that_the_page_has_not(site: Site) -> None:
    assert one(site, f"{site.page('/a')}#to") == ("dead", "answers 200, but the page has no #to")
    assert one(site, f"{site.page('/b', Content_Type='application/pdf')}#page=2")[0] == "fine"


def test_a_page_that_is_too_large_is_not_read_to_its_end(site: Site) -> None:
    large = site.page("/a", body=b" " * 100_000 + PAGE)
    assert one(site, f"{large}#top") == ("unreachable", "is larger than 2,000 bytes: #top was not looked for")
    assert one(site, large) == ("fine", "answers 200")


def test_a_slow_host_is_not_waited_for(site: Site) -> None:
    site.slow.add("/a")
    assert one(site, site.page("/a")) == ("unreachable", "no answer in time (2 s to connect, 0.5 s to read)")


def test_a_name_that_is_not_known_is_looked_up_once(site: Site) -> None:
    first, second, _ = check(f"{ELSEWHERE}a", f"{ELSEWHERE}b", site.page("/a"))
    assert (first.outcome, first.answer) == ("unreachable", "name example.invalid not found")
    assert second == Checked(f"{ELSEWHERE}b", first.outcome, first.answer, first.places)


def test_what_is_no_address_is_dead(site: Site) -> None:
    assert one(site, "https://[broken/")[0] == "dead"


def test_private_addresses_are_not_asked(site: Site) -> None:
    (result,) = check(site.page("/a"), local=False)
    assert (result.outcome, result.answer) == ("dead", "leads to 127.0.0.1, a private address, and is not asked")
    assert site.asked == []


def test_one_request_at_a_time_goes_to_a_host(site: Site) -> None:
    results = check(*(site.page(f"/{n}") for n in range(8)))
    assert {result.outcome for result in results} == {"fine"}
    assert [result.url for result in results] == [site.url(f"/{n}") for n in range(8)]
    assert site.most_at_once == 1


def test_a_pause_lies_between_two_requests_to_a_host(site: Site) -> None:
    started = time.monotonic()
    places = {site.page(f"/{n}"): ["x"] for n in range(3)}
    link_check.check_links(places, {}, Limits(pause=0.2), local=True, progress=False)
    assert time.monotonic() - started >= 0.4


# --- report and command


def test_without_a_network_nothing_is_fine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FetchError, match=r"no host could be reached \(https://example\.invalid/: name .* not found\)"):
        check(ELSEWHERE)
    monkeypatch.setattr(external_links, "collect", lambda: {ELSEWHERE: ["x"]})
    assert command.main(["links"]) == 2
    assert "is there a network?" in capsys.readouterr().err


def test_the_command_fails_where_a_link_is_dead(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(web, "is_public", lambda _: True)
    monkeypatch.setattr(external_links, "collect", lambda: {site.page("/a"): ["data/a.csv, row 2, url"]})
    assert command.main(["links"]) == 0
    monkeypatch.setattr(external_links, "collect", lambda: {site.url("/gone"): ["data/a.csv, row 2, url"]})
    assert command.main(["links"]) == 1
    assert capsys.readouterr().out.splitlines()[-4:] == [
        f"dead: {site.url('/gone')}",
        "  answers 404",
        "  in data/a.csv, row 2, url",
        "1 links: 0 fine, 0 moved, 0 refused, 0 unreachable, 1 dead",
    ]


def test_the_report_names_places_and_copies() -> None:
    copy = "https://web.archive.org/web/2025/https://example.org/a"
    results = [
        Checked("https://example.org/a", "dead", "answers 404", ["a", "b", "c", "d", "e"], copy),
        Checked(copy, "refused", "answers 403", ["f"], copy),
        Checked("https://example.org/b", "moved", "moved for good to https://example.org/c", ["g"], copy),
        Checked("https://example.org/d", "fine", "answers 200", ["h"]),
    ]
    assert link_check.report(results) == [
        "dead: https://example.org/a",
        "  answers 404",
        "  in a; b; c; and 2 more",
        f"  archived: {copy}",
        f"refused: {copy}",
        "  answers 403",
        "  in f",
        "  is itself an archived copy",
        "moved: https://example.org/b",
        "  moved for good to https://example.org/c",
        "  in g",
        "4 links: 1 fine, 1 moved, 1 refused, 0 unreachable, 1 dead",
    ]


def test_known_copies_come_with_the_result(site: Site) -> None:
    gone = site.url("/gone")
    result, _ = check(gone, site.page("/a"), archived={gone: "https://web.archive.org/x"})
    assert result.archive == "https://web.archive.org/x"


# --- where links stand

MARKDOWN = """# Title

One [link](https://example.org/a_(b)), a picture
![p](https://example.org/p.png) and <https://example.org/auto>. `[code](https://example.org/no)`

```{note}
In a [directive](https://example.org/d).
```

```
[code](https://example.org/no)
```

<p>In <a href="https://example.org/raw">HTML</a></p>

| a |
|---|
| [cell](https://example.org/cell) |
"""


def test_links_of_a_page_by_line() -> None:
    assert list(external_links.in_markdown(MARKDOWN)) == [
        ("line 3", "https://example.org/a_(b)"),
        ("line 4", "https://example.org/p.png"),
        ("line 4", "https://example.org/auto"),
        ("line 7", "https://example.org/d"),
        ("line 14", "https://example.org/raw"),
        ("line 18", "https://example.org/cell"),
    ]


def test_links_of_a_notebook_by_cell() -> None:
    output = {"data": {"text/html": ['<a href="https://example.org/?a=1&amp;b=2">x</a>']}}
    cells = [
        {"cell_type": "markdown", "source": ["[a](https://example.org/", "m)"]},
        {"cell_type": "code", "source": "# https://example.org/no", "outputs": [output]},
    ]
    assert list(external_links.in_notebook(json.dumps({"cells": cells}))) == [
        ("cell 1", "https://example.org/m"),
        ("output of cell 2", "https://example.org/?a=1&b=2"),
    ]


def test_links_of_a_table_by_row_and_column() -> None:
    text = "id,url,note\n1,https://example.org/it's,(see https://example.org/n_(1).)\n2,,none\n"
    assert list(external_links.in_table(text)) == [
        ("row 2, url", "https://example.org/it's"),
        ("row 2, note", "https://example.org/n_(1)"),
    ]


def test_links_of_settings_by_their_path() -> None:
    value = {"$schema": "https://example.org/no", "a": [{"b": "https://example.org/b"}], "c": "<a href='http://d.e/f'>"}
    assert list(external_links.in_values(value)) == [("a[0].b", "https://example.org/b"), ("c", "http://d.e/f")]


def test_every_kind_of_source_is_read() -> None:
    found = external_links.collect()
    places = [place for places in found.values() for place in places]
    for file in (
        "book/rerun.md, line",
        "notebooks/01-timeline.ipynb, output of cell",
        "data/event_sources.csv, row",
        "data/documents.csv, row",
        "data/datapackage.json, ",
        "data/sources.bib, kawashima2025",
        "_config.yml, sphinx",
    ):
        assert any(place.startswith(file) for place in places), file
    assert "https://doi.org/10.1093/pan/mpn018" in found
    assert all(url.startswith("http") and " " not in url for url in found)


# --- archived copies


def test_the_copies_are_read_and_archives_known(tmp_path: Path) -> None:
    assert external_links.read_archived(tmp_path) == {}
    (tmp_path / external_links.ARCHIVED).write_text("url,archive_url\nhttps://a.b/c,https://web.archive.org/c\n")
    assert external_links.read_archived(tmp_path) == {"https://a.b/c": "https://web.archive.org/c"}
    assert external_links.is_archive("https://bidenwhitehouse.archives.gov/x")
    assert not external_links.is_archive("https://notarchives.gov/x")


def test_the_copies_that_are_recorded_are_copies_of_what_the_book_names() -> None:
    found = external_links.collect()
    for url, copy in external_links.read_archived().items():
        assert external_links.is_archive(copy)
        assert any(not place.startswith("data/archived.csv") for place in found[url])


def test_a_link_in_html_is_followed_by_its_copy() -> None:
    html = '<a class="x" href="https://a.b/?c&amp;d">t</a>, <a href="https://a.b/e">u</a>'
    assert with_copies(html, {"https://a.b/?c&d": "https://web.archive.org/?c&d"}) == (
        '<a class="x" href="https://a.b/?c&amp;d">t</a> (<a href="https://web.archive.org/?c&amp;d">archived</a>), '
        '<a href="https://a.b/e">u</a>'
    )
