"""Weight and speed of every page of the built HTML book, by Lighthouse, as on a desktop with a throttled line.

Needs Node.js with npm, which installs Lighthouse below build/, and Chromium. Prints a table, writes it to
benchmarks/pages.csv, and fails where a page is over a bar.
"""

import csv
import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analysis.core import paths

LIGHTHOUSE = "lighthouse@13.5.0"
PLACE = paths.BUILD / "lighthouse"
TABLE = Path(__file__).with_suffix(".csv")
SWITCHES = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
# measure of Lighthouse: column, decimals, the most that is allowed
MEASURES = {
    "total-byte-weight": ("bytes", 0, 1_500_000),
    "largest-contentful-paint": ("largest paint (ms)", 0, None),
    "interactive": ("interactive (ms)", 0, 1000),
    "total-blocking-time": ("blocked (ms)", 0, None),
    "cumulative-layout-shift": ("layout shift", 3, 0.01),
}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, text compressed, as hosts of static pages send them."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send one file."""
        file = Path(self.translate_path(self.path))
        if not file.is_file():
            self.send_error(404)
            return
        kind, content = self.guess_type(str(file)), file.read_bytes()
        text = kind.startswith("text/") or any(word in kind for word in ("javascript", "json", "svg"))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if text:
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served while the block runs."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def audit(command: Path, address: str, chromium: str) -> dict[str, float]:
    """What Lighthouse measures of one page, by measure; its four scores, 0 to 1, by category."""
    report = subprocess.run(
        [command, address, "--quiet", "--preset=desktop", "--output=json", f"--chrome-flags={SWITCHES}"],
        env={**os.environ, "CHROME_PATH": chromium},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(report.stdout)
    scores = {name: found["categories"][name]["score"] for name in ("performance", "accessibility", "best-practices")}
    return {name: found["audits"][name]["numericValue"] for name in MEASURES} | scores


def main() -> int:
    """Measure all pages; returns 1 where one is over a bar."""
    npm, chromium = shutil.which("npm"), os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not npm or not chromium:
        print("needs npm (Node.js) and Chromium")
        return 1
    subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", PLACE, LIGHTHOUSE], check=True)
    pages = sorted(f for f in paths.HTML.glob("*/*.html") if not f.parent.name.startswith("_"))
    rows, over = [], []
    with served(paths.HTML) as address:
        for file in pages:
            name = file.relative_to(paths.HTML).as_posix()
            found = audit(PLACE / "node_modules" / ".bin" / "lighthouse", f"{address}/{name}", chromium)
            row = {"page": name}
            for measure, (column, decimals, most) in MEASURES.items():
                row[column] = f"{found.pop(measure):.{decimals}f}"
                if most is not None and float(row[column]) > most:
                    over.append(f"{name}: {column} {row[column]}, at most {most}")
            rows.append(row | {category: f"{score:.2f}" for category, score in found.items()})
            print("  ".join(rows[-1].values()), flush=True)
    with TABLE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print("\n".join(over) or f"all {len(rows)} pages are under the bars; the table is in {TABLE.name}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
