"""The built HTML book in headless Chromium, without a network."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from analysis.core import paths

# a quiet browser: without these switches it looks for its maker's hosts
SWITCHES = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def chromium_file() -> str:
    """The Chromium of this machine. Skips where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("needs Chromium (Debian, Ubuntu: apt install chromium; or name one: CHROMIUM=/path/to/chromium)")
    return found


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the built HTML book."""
    if not (paths.HTML / "index.html").exists():
        pytest.skip("needs the HTML book: make html")
    return paths.HTML


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a process."""
    with sync_playwright() as playwright:
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        started = playwright.chromium.launch(
            executable_path=chromium_file(), args=[*SWITCHES, *(["--no-sandbox"] if root else [])]
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page 1280 pixels wide, or as a test asks for, and without a network; an error that it logs, or a request to
    another host, is a failure.
    """
    asked = {"viewport": {"width": 1280, "height": 900}} | getattr(request, "param", {})
    context = browser.new_context(offline=True, accept_downloads=True, **asked)
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    faults: list[str] = []

    def note_error(error: Error) -> None:
        faults.append(f"{opened.url}: {error}")

    opened.on("pageerror", note_error)
    opened.on("console", lambda m: faults.append(f"{opened.url}: {m.text}") if m.type in ("error", "warning") else None)
    opened.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else faults.append(r.url))
    yield opened
    context.close()
    assert faults == []
