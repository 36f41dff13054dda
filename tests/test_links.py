"""External links: archived copies beside them, and `make links` against a small server on this machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import running
from test_publish import BIB, write_source

from analysis.book.links import read_archived, table_addresses, with_copies
from analysis.core import paths

ARCHIVE = re.compile(r"https?://([\w.-]+\.)?(archive\.(org|ph|today)|archives\.gov|perma\.cc|warp\.da\.ndl\.go\.jp)/")


class Handler(BaseHTTPRequestHandler):
    """Answer 404 for what is gone, and else a page with one place in it."""

    def do_GET(self) -> None:
        body = b'<h1 id="top">x</h1>'
        self.send_response(404 if "gone" in self.path else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with running(server):
        yield f"http://127.0.0.1:{server.server_address[1]}"


def test_every_link_of_pages_bibliography_and_tables_is_asked_for(site: str, tmp_path: Path) -> None:
    """The target `links`, on a small book."""
    source = write_source(tmp_path / "build" / "source")
    with (source / "book" / "index.md").open("a", encoding="utf-8") as page:
        page.write(f"\n[Here]({site}/a#top), and [not here]({site}/a#bottom).\n")
    (source / "data" / "sources.bib").write_text(BIB.replace("https://example.org/a", f"{site}/gone/b"), "utf-8")
    (source / "data" / "documents.csv").write_text(f"id,source_url\n1,{site}/c\n2,{site}/gone/c\n", encoding="utf-8")
    makefile = (paths.ROOT / "Makefile").read_text(encoding="utf-8")
    [words] = re.findall(r"^\t@\$\(BIN\)/jupyter-book (.+ --builder linkcheck)$", makefile, re.MULTILINE)
    command = [Path(sys.executable).with_name("jupyter-book"), *words.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)
    lines = (tmp_path / "build" / "links" / "_build" / "html" / "output.json").read_text("utf-8").splitlines()
    outcomes = {entry["uri"].removeprefix(site): entry["status"] for entry in map(json.loads, lines)}
    assert {address: outcome for address, outcome in outcomes.items() if address.startswith("/")} == {
        "/a#top": "working",
        "/a#bottom": "broken",
        "/gone/b": "broken",
        "/c": "working",
        "/gone/c": "broken",
    }
    assert done.returncode != 0
    assert "refused" not in done.stdout + done.stderr


def test_the_addresses_of_tables_are_whole_cells(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,url,note\n1,"https://a.b/c,d(e)",see https://a.b/no\n', encoding="utf-8")
    assert table_addresses(tmp_path) == {"https://a.b/c,d(e)"}


def test_the_copies_are_read(tmp_path: Path) -> None:
    assert read_archived(tmp_path) == {}
    (tmp_path / "archived.csv").write_text("url,archive_url\nhttps://a.b/c,https://web.archive.org/c\n")
    assert read_archived(tmp_path) == {"https://a.b/c": "https://web.archive.org/c"}


def test_the_copies_that_are_recorded_are_copies_of_what_the_book_names() -> None:
    bibliography = (paths.DATA / "sources.bib").read_text(encoding="utf-8")
    tables = [file for file in paths.DATA.glob("*.csv") if file.name != "archived.csv"]
    for url, copy in read_archived(paths.DATA).items():
        assert ARCHIVE.match(copy)
        assert url in bibliography or any(url in file.read_text(encoding="utf-8") for file in tables)


def test_a_link_in_html_is_followed_by_its_copy() -> None:
    html = '<a class="x" href="https://a.b/?c&amp;d">t</a>, <a href="https://a.b/e">u</a>'
    assert with_copies(html, {"https://a.b/?c&d": "https://web.archive.org/?c&d"}) == (
        '<a class="x" href="https://a.b/?c&amp;d">t</a> (<a href="https://web.archive.org/?c&amp;d">archived</a>), '
        '<a href="https://a.b/e">u</a>'
    )
