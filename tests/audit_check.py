"""What may be wrong with what the project rests on: known vulnerabilities, licences, secrets, workflows (`make audit`).

Exit status: 1 where something was found, 2 where nothing was found but something could not be asked, else 0.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent

# what the metadata of packages say in place of an SPDX identifier
SPOKEN = {
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
# the forms of secrets that are worth something, by their makers' own prefixes: a hash is none of them
SECRETS = {
    "private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "AWS key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "GitHub token": r"\b(?:gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{22,})",
    "GitLab token": r"\bglpat-[0-9A-Za-z_-]{20,}",
    "Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "Hugging Face token": r"\bhf_[A-Za-z]{34}\b",
    "JSON web token": r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}",
    "npm token": r"\bnpm_[0-9A-Za-z]{36}\b",
    "PyPI token": r"\bpypi-AgE[0-9A-Za-z_-]{50,}",
    "secret key of a service": r"\b(?:sk|rk)[-_](?:live|test|proj|ant|or)[-_][0-9A-Za-z_-]{16,}",
    "Slack token": r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}",
    "password in an address": r"\b(?:https?|ftp|ssh|postgres(?:ql)?|mysql|mongodb|redis)://[^\s/:@\"'<>{}$]+:[^\s/:@\"'<>{}$]{3,}@\w",
    "value of a secret": (
        r"(?i:\b(?:api[_-]?key|access[_-]?token|auth[_-]?token|client[_-]?secret|password|passwd)\b)"
        r"[\"']?\s*[:=]\s*[\"'][^\s\"'{}$<>]{8,}[\"']"
    ),
}
SECRET = re.compile("|".join(f"(?P<g{number}>{form})" for number, form in enumerate(SECRETS.values())))
# placeholders of this file's own tests and of documentation
HARMLESS = re.compile(r"user:pass(?:word)?@|EXAMPLE|example\.(?:org|com)")


class Outcome(NamedTuple):
    """What a part of the audit found, and what it could not find out."""

    found: list[str]
    unknown: list[str]


# --- licences


def licence_of(package: Mapping[str, Any]) -> str:
    """The licence of a package as its metadata (a mapping with get_all) give it: SPDX, else what they say; or empty."""
    if expression := package.get("License-Expression"):
        return str(expression)
    classifiers = [line for line in package.get_all("Classifier", []) if line.startswith("License :: ")]  # type: ignore[attr-defined]
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.count(" :: ") > 1]
    given = str(package.get("License") or "").strip().splitlines()
    spoken = named or [line for line in given[:1] if len(line) < 60]
    return " AND ".join(SPOKEN.get(name, name) for name in dict.fromkeys(spoken))


def is_allowed(expression: str, allowed: Iterable[str]) -> bool:
    """Whether an SPDX expression is allowed: with OR one of its parts, with AND all of them."""
    known = set(allowed)
    bare = expression.replace("(", " ").replace(")", " ")
    return any(all(one.strip() in known for one in part.split(" AND ")) for part in bare.split(" OR ")) and (
        "(" not in expression or all(one.strip() in known for one in re.split(" AND | OR ", bare))
    )


def installed() -> dict[tuple[str, str], str]:
    """The licence of every package of this environment, by name and version."""
    found = {}
    for one in metadata.distributions():
        name = re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower()
        found[name, one.version] = licence_of(one.metadata)  # type: ignore[arg-type]
    return found


def check_licences(lock: Mapping[str, Any], known: Mapping[tuple[str, str], str], rules: Mapping[str, Any]) -> Outcome:
    """The packages of the lock whose licence is not allowed; unknown are those that are not installed here."""
    locked = sorted((p["name"], p["version"]) for p in lock["package"] if "editable" not in p["source"])
    found, exceptions = [], rules["exceptions"]
    for name, version in locked:
        licence = known.get((name, version))
        if licence is not None and name not in exceptions and not is_allowed(licence, rules["allowed"]):
            found.append(f"{name} {version}: {licence or 'no licence'}; allowed: {', '.join(rules['allowed'])}")
    names = {name for name, _ in locked}
    found += [f"{name}: an exception, but no package of the lock" for name in exceptions if name not in names]
    away = [name for name, version in locked if (name, version) not in known]
    unknown = (
        [f"{len(away)} packages of other systems and extras, not installed here: {', '.join(away)}"] if away else []
    )
    return Outcome(found, unknown)


# --- secrets


def secrets_in(text: str, place: str) -> Iterator[str]:
    """What looks like a secret in a text, with its line; the secret itself is not repeated."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in SECRET.finditer(line):
            if not HARMLESS.search(line):
                name = list(SECRETS)[int(str(match.lastgroup)[1:])]
                yield f"{place}, line {number}: a {name} (“{match[0][:6]}…”)"


def _git(*arguments: str, given: bytes | None = None) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], input=given, capture_output=True, check=True).stdout


def check_files() -> Outcome:
    """Secrets in the files that git knows."""
    found: list[str] = []
    for name in filter(None, _git("ls-files", "-z").decode().split("\0")):
        if (ROOT / name).is_file():
            found += secrets_in((ROOT / name).read_bytes().decode("utf-8", "ignore"), name)
    return Outcome(found, [])


def check_history() -> Outcome:
    """Secrets in whatever any commit ever held: every blob of the repository, and the messages of the commits."""
    objects = _git(
        "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname) %(objectsize)"
    ).decode()
    kinds = [line.split() for line in objects.splitlines()]
    names = [name for kind, name, size in kinds if kind in ("blob", "commit", "tag") and int(size) < 3_000_000]
    found: list[str] = []
    raw = _git("cat-file", "--batch", given="\n".join(names).encode())
    place = 0
    while place < len(raw):
        end = raw.index(b"\n", place)
        name, kind, size = raw[place:end].decode().split()
        body = raw[end + 1 : end + 1 + int(size)]
        if b"\0" not in body[:8000]:
            found += secrets_in(body.decode("utf-8", "ignore"), f"{kind} {name[:12]}")
        place = end + int(size) + 2
    shallow = _git("rev-parse", "--is-shallow-repository").strip() == b"true"
    return Outcome(found, ["the history is cut off here (a shallow clone)"] if shallow else [])


# --- tools


def vulnerabilities(report: str) -> Outcome:
    """What the JSON of pip-audit finds; unknown are the packages that it skipped."""
    packages = json.loads(report)["dependencies"]
    found = [
        f"{package['name']} {package['version']}: {', '.join([one['id'], *one['aliases']])}"
        + (f"; mended in {', '.join(one['fix_versions'])}" if one["fix_versions"] else "; not mended yet")
        for package in packages
        for one in package.get("vulns", ())
    ]
    skipped = [package for package in packages if "skip_reason" in package]
    if not skipped:
        return Outcome(found, [])
    named = ", ".join(package["name"] for package in skipped[:5]) + (", …" if len(skipped) > 5 else "")
    return Outcome(found, [f"{len(skipped)} of {len(packages)} packages ({named}): {skipped[0]['skip_reason']}"])


def check_vulnerabilities(tools: Path, services: tuple[str, ...] = ("pypi", "osv")) -> Outcome:
    """Known vulnerabilities of the locked packages, from the first service that knows of all of them, or of most."""
    files = [option for name in ("full", "tools") for option in ("-r", f"requirements/{name}.txt")]
    options = ["--require-hashes", "--disable-pip", "-f", "json", "--progress-spinner", "off"]
    found, unknown = [], []
    for service in services:
        command = [str(tools / "pip-audit"), *files, *options, "--timeout", "10", "-s", service]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.stdout.startswith("{"):
            outcome = vulnerabilities(done.stdout)
            found += outcome.found
            unknown += [f"{service}: {line}" for line in outcome.unknown]
            if not outcome.unknown:
                return Outcome(found, [])
        else:
            told = (done.stderr.strip().splitlines() or ["no answer"])[-1]
            unknown.append(f"{service}: {told[:160]}; is there a network?")
    return Outcome(found, unknown)


def check_workflows(tools: Path) -> Outcome:
    """What zizmor finds in the workflows, without a network."""
    command = [str(tools / "zizmor"), "--offline", "--no-progress", "--format=plain", ".github/workflows"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return Outcome([] if done.returncode == 0 else [done.stdout.strip() or done.stderr.strip()], [])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", type=Path, required=True, help="folder with pip-audit and zizmor")
    tools = parser.parse_args().tools
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rules = pyproject["tool"]["balancing-act"]["licences"]
    known = installed()
    listed = subprocess.run(
        [str(tools / "python"), __file__, "--list"], capture_output=True, text=True, check=False
    ).stdout
    known |= {(name, version): licence for name, version, licence in json.loads(listed or "[]")}
    status = 0
    for title, (found, unknown) in {
        "licences": check_licences(lock, known, rules),
        "secrets in the files": check_files(),
        "secrets in the history": check_history(),
        "workflows": check_workflows(tools),
        "known vulnerabilities": check_vulnerabilities(tools),
    }.items():
        print(f"{title}: {f'{len(found)} found' if found else 'unknown' if unknown else 'none to mend'}")
        print("".join(f"  {line}\n" for line in [*found, *(f"unknown: {line}" for line in unknown)]), end="")
        gap = bool(unknown) and title == "known vulnerabilities"  # a licence of a package for another system is no gap
        status = 1 if found or status == 1 else 2 if gap or status == 2 else 0
    return status


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:  # the packages of another environment
        print(json.dumps([[*key, licence] for key, licence in installed().items()]))
        sys.exit(0)
    sys.exit(main())
