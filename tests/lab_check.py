"""Run every notebook in JupyterLab in a headless browser, as a reader does: open, run all cells, look at the charts.

Run by `make binder`; needs Chromium or Chrome. Works on a copy of the notebooks, with no user's settings and with
every other host out of reach. Leaves pictures of the start notebook and of one chapter in build/lab.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import websocket

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "build" / "lab"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
START, PICTURED = "start.ipynb", "04-alignment.ipynb"
PATIENCE = 60  # seconds for one step
SIZE = {"width": 1400, "height": 1000}

# Clears and runs all cells of the notebook in front, brings each chart into view, and tells what came out.
RUN_ALL = """(async () => {
  const app = window.jupyterapp, panel = app.shell.currentWidget, notebook = panel.content;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await app.commands.execute("notebook:clear-all-cell-outputs");
  await app.commands.execute("notebook:run-all-cells");
  const later = (ms) => new Promise((done) => setTimeout(done, ms));
  const cells = [];
  for (const [index, cell] of notebook.widgets.entries()) {
    const { cell_type, execution_count, outputs = [], source } = cell.model.sharedModel.toJSON();
    const charts = outputs.filter((output) => "application/vnd.vegalite.v5+json" in (output.data || {})).length;
    let drawn = 0;
    for (let tries = 0; charts && drawn < charts && tries < 50; tries++) {
      await notebook.scrollToItem(index, "start");
      await later(100);
      drawn = cell.node.querySelectorAll(".vega-embed :is(canvas, svg).marks").length;
    }
    const errors = outputs.filter((output) => output.output_type === "error").map((o) => `${o.ename}: ${o.evalue}`);
    cells.push({ type: cell_type, count: execution_count, outputs: outputs.length, charts, drawn, errors,
                 source: String(source).slice(0, 60) });
  }
  return { path: panel.context.path, cells };
})()"""
CURRENT = "window.jupyterapp?.shell.currentWidget?.context?.path ?? ''"
CLOSE = """(async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.sessionContext.shutdown();
  panel.context.model.dirty = false;
  panel.close();
})()"""


def faults(ran: dict[str, Any], committed: dict[str, Any]) -> list[str]:
    """What went wrong in a notebook that was run: errors, cells that did not run, outputs or charts missing."""
    found = []
    if len(ran["cells"]) != len(committed["cells"]):
        found.append(f"{len(ran['cells'])} cells, {len(committed['cells'])} committed")
    for number, (cell, before) in enumerate(zip(ran["cells"], committed["cells"], strict=False), 1):
        if cell["type"] != "code":
            continue
        told = list(cell["errors"])
        if cell["count"] is None:
            told.append("did not run")
        if cell["outputs"] != len(before["outputs"]):
            told.append(f"{cell['outputs']} outputs, {len(before['outputs'])} committed")
        if cell["drawn"] < cell["charts"]:
            told.append(f"{cell['drawn']} of {cell['charts']} charts drawn")
        found += [f"cell {number} ({cell['source']!r}): {line}" for line in told]
    return [f"{ran['path']}, {line}" for line in found]


def wait_for(what: str, ask: Callable[[], Any]) -> Any:
    """Ask until the answer is true. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.2)
    raise TimeoutError(f"{what}: nothing after {PATIENCE} s")


class Page:
    """A page of a headless browser, steered by the Chrome DevTools Protocol."""

    def __init__(self, address: str) -> None:
        self.socket = websocket.create_connection(address, suppress_origin=True, timeout=PATIENCE)
        self.number = 0
        self.requests: list[str] = []
        for domain in ("Page", "Runtime", "Network"):
            self.command(f"{domain}.enable")
        self.command("Emulation.setFocusEmulationEnabled", enabled=True)  # JupyterLab asks what has the focus
        self.command("Emulation.setDeviceMetricsOverride", deviceScaleFactor=1, mobile=False, **SIZE)

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and take its answer; requests that the page makes meanwhile are noted."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("method") == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return dict(message["result"])

    def run(self, script: str) -> Any:
        """The value of a script. Raises RuntimeError where it throws."""
        answer = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:500])
        return answer["result"].get("value")

    def picture(self, file: Path) -> None:
        """Write what the page shows as a PNG."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(self.command("Page.captureScreenshot")["data"]))


@contextmanager
def started(*command: str | Path, log: Path, **options: Any) -> Iterator[None]:
    """A process that is ended at the end, with what it prints in a file."""
    with log.open("w") as file:
        process = subprocess.Popen([str(part) for part in command], stdout=file, stderr=file, **options)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answers(address: str) -> bool:
    """Whether a server answers at an address."""
    try:
        with urlopen(address, timeout=5):
            return True
    except (URLError, OSError):
        return False


def check(page: Page, home: str, notebooks: Path) -> list[str]:
    """Open JupyterLab as it opens by itself, run the start notebook, then each chapter from its link there."""
    page.command("Page.navigate", url=home)
    wait_for("the start notebook", lambda: page.run(CURRENT) == f"notebooks/{START}")
    found = []
    for file in [notebooks / START, *sorted(notebooks.glob("[0-9][0-9]-*.ipynb"))]:
        if file.name != START:
            link = f"document.querySelector('.jp-OutputArea a[href*=\"{file.name}\"]')"
            wait_for(f"a link to {file.name} in {START}", lambda link=link: page.run(f"!!{link}"))
            page.run(f"{link}.click()")
            wait_for(f"{file.name} opened by its link", lambda file=file: page.run(CURRENT).endswith(file.name))
        began = time.monotonic()
        ran = page.run(RUN_ALL)
        told = faults(ran, json.loads(file.read_text(encoding="utf-8")))
        charts, code = (sum(map(what, ran["cells"])) for what in (lambda c: c["drawn"], lambda c: c["type"] == "code"))
        print(f"{file.name}: {code} cells run, {charts} charts drawn, {time.monotonic() - began:.0f} s", flush=True)
        found += told
        if file.name in (START, PICTURED):
            shown = next((index for index, cell in enumerate(ran["cells"]) if cell["charts"]), 0)
            page.run(f"window.jupyterapp.shell.currentWidget.content.scrollToItem({shown}, 'start')")
            time.sleep(1)
            page.picture(PICTURES / f"{file.stem}.png")
        if file.name != START:
            page.run(CLOSE)
            wait_for("the start notebook again", lambda: page.run(CURRENT) == f"notebooks/{START}")
    foreign = {
        url for url in page.requests if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
    }
    return [*found, *(f"asks another host: {url}" for url in sorted(foreign))]


def main() -> int:
    """Check and report; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="the environment with JupyterLab")
    parser.add_argument("--repository", type=Path, default=ROOT, help="where its notebooks are (default: here)")
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"no browser found (tried {', '.join(BROWSERS)})")
    with tempfile.TemporaryDirectory(prefix="balancing-act-", ignore_cleanup_errors=True) as folder:
        work, profile = Path(folder), Path(folder) / "browser"
        repository = work / "repository"
        shutil.copytree(options.repository / "notebooks", repository / "notebooks")
        port, token = free_port(), secrets.token_hex()
        places = {name: str(work / name) for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | places
        lab = [options.python.absolute(), "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"]
        lab += [f"--ServerApp.port={port}", f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0"]
        lab += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        chrome = [
            browser,
            "--headless=new",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "--no-first-run",
        ]
        chrome += ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        chrome += ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
        chrome += ["--no-sandbox"] if "--allow-root" in lab else []
        home = f"http://127.0.0.1:{port}/"
        with started(*lab, log=work / "lab.log", cwd=repository, env=environment):
            try:
                wait_for("JupyterLab", lambda: answers(f"{home}api"))
                with started(*chrome, "about:blank", log=work / "browser.log"):
                    opened = profile / "DevToolsActivePort"
                    debugger = wait_for("the browser", lambda: opened.exists() and opened.read_text().split())[0]
                    with urlopen(f"http://127.0.0.1:{debugger}/json", timeout=20) as answer:
                        [tab] = [target for target in json.load(answer) if target["type"] == "page"]
                    found = check(Page(tab["webSocketDebuggerUrl"]), f"{home}?token={token}", repository / "notebooks")
            except (TimeoutError, RuntimeError, websocket.WebSocketException) as error:
                sys.exit(f"{error}\n--- JupyterLab:\n{(work / 'lab.log').read_text()[-2000:]}")
    print("\n".join(found) or f"every notebook runs in JupyterLab; see {PICTURES.relative_to(ROOT)}/")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
