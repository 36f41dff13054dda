"""What the project rests on: rights of the workflows, hashes, licences, secrets and the bill of materials."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from email.message import Message
from pathlib import Path
from typing import Any

import audit_check
import pytest
import yaml
from audit_check import Outcome, check_licences, is_allowed, licence_of, secrets_in

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = {
    file.name: file.read_text(encoding="utf-8") for file in sorted((ROOT / ".github" / "workflows").glob("*.yml"))
}
PINNED = re.compile(r"[\w-]+(?:/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
PIN = re.compile(r"[a-z0-9-]+==[\w.]+( ; [^\\]+)? \\")


def lock() -> dict[str, Any]:
    return tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))


def rules() -> dict[str, Any]:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(pyproject["tool"]["balancing-act"]["licences"])


# --- workflows


def workflow_faults(text: str) -> list[str]:
    """What gives a workflow more than it needs, or runs what nobody pinned."""
    faults = [use for use in re.findall(r"uses: *(.+)", text) if not PINNED.fullmatch(use)]
    workflow = yaml.safe_load(text)
    if workflow.get("permissions") != {"contents": "read"}:
        faults.append("permissions at the top are not contents: read")
    if "pull_request_target" in workflow[True]:  # YAML takes on for a truth value
        faults.append("pull_request_target runs foreign code with rights")
    for name, job in workflow["jobs"].items():
        more = {right for right, level in job.get("permissions", {}).items() if level == "write"}
        if more - ({"pages", "id-token"} if name == "publish" else set()):
            faults.append(f"{name} may write {sorted(more)}")
        for step in job["steps"]:
            if "checkout@" in step.get("uses", "") and step.get("with", {}).get("persist-credentials") is not False:
                faults.append(f"{name} keeps its credentials")
            if "${{" in step.get("run", ""):
                faults.append(f"{name} puts an expression into a command")
            if "secrets." in json.dumps(step):
                faults.append(f"{name} reads a secret")
    return faults


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_are_pinned_and_have_least_rights(name: str) -> None:
    assert workflow_faults(WORKFLOWS[name]) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "@v6", "actions/checkout@v6"),
        (" # v6.0.2", "", "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd"),
        ("contents: read", "contents: write", "permissions at the top"),
        ("permissions:\n  contents: read\n", "", "permissions at the top"),
        ("  pull_request:", "  pull_request_target:", "pull_request_target"),
        ("persist-credentials: false", "fetch-depth: 1", "test keeps its credentials"),
        ("PYTHON=python", "PYTHON=${{ github.head_ref }}", "test puts an expression"),
        ("    timeout-minutes: 30", "    timeout-minutes: 30\n    permissions: {issues: write}", "test may write"),
    ],
)
def test_a_loose_workflow_is_found(old: str, new: str, told: str) -> None:
    assert old in WORKFLOWS["test.yml"]
    [fault] = workflow_faults(WORKFLOWS["test.yml"].replace(old, new, 1))
    assert fault.startswith(told)


# --- installation


def unhashed(text: str) -> list[str]:
    """Lines of a requirements file that are no pin, hash or comment, such as another index; and pins without hash."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = [line for line in lines if not PIN.fullmatch(line) and not HASH.fullmatch(line)]
    return found + [
        one for one, other in zip(lines, [*lines[1:], ""], strict=True) if PIN.match(one) and not HASH.match(other)
    ]


@pytest.mark.parametrize("name", sorted(file.name for file in (ROOT / "requirements").glob("*.txt")))
def test_every_line_of_the_requirements_has_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert unhashed(text) == []
    pin = next(line for line in text.splitlines() if "==" in line)
    for line in ("--index-url https://evil.example/simple", "-e .", "evil==1.0", "git+https://evil.example/x"):
        assert unhashed(f"{line}\n{text}")
    assert unhashed(text.replace(pin, f"{pin}\nother==1 \\", 1))


def test_whatever_installs_asks_for_hashes() -> None:
    for name in ("Makefile", "environment.yml", "postBuild", ".ci/run", *(f".github/workflows/{w}" for w in WORKFLOWS)):
        text = re.sub(r"\\\n", " ", (ROOT / name).read_text(encoding="utf-8"))
        for line in re.findall(r"-m pip install[^;\n]*", text):
            own = "--no-deps --no-build-isolation -e ." in line
            resolver = line.split()[-1] == "uv"  # it resolves the lock, and installs nothing
            assert own or resolver or "--require-hashes" in line, f"{name}: {line}"
        assert "index-url" not in text
        assert "trusted-host" not in text
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["dependencies"][-1]["pip"][0] == "--require-hashes"


def test_no_file_of_the_repository_is_a_link() -> None:
    """A link could lead a build to a file of the machine, and its content into the book."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs git")
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-s"], capture_output=True, check=True, text=True)
    assert [line for line in listed.stdout.splitlines() if line.startswith(("120000", "160000"))] == []


# --- licences


def package(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


def test_the_licence_of_a_package_is_read() -> None:
    assert licence_of(package(License_Expression="MIT OR Apache-2.0", License="x")) == "MIT OR Apache-2.0"  # type: ignore[arg-type]
    classifier = "License :: OSI Approved :: BSD License"
    assert licence_of(package(Classifier=classifier, License="x")) == "BSD-3-Clause"  # type: ignore[arg-type]
    assert licence_of(package(License="Apache 2.0")) == "Apache-2.0"  # type: ignore[arg-type]
    assert licence_of(package(License="A long text. " * 9)) == ""  # type: ignore[arg-type]
    assert licence_of(package(Name="x")) == ""  # type: ignore[arg-type]


def test_what_is_allowed() -> None:
    allowed = ["MIT", "BSD-3-Clause"]
    for good in ("MIT", "MIT AND BSD-3-Clause", "GPL-3.0-only OR MIT", "(MIT AND BSD-3-Clause)"):
        assert is_allowed(good, allowed), good
    for bad in ("", "GPL-3.0-only", "MIT AND GPL-3.0-only", "MIT AND (GPL-3.0-only OR BSD-3-Clause)", "MITX"):
        assert not is_allowed(bad, allowed), bad


def test_the_licences_of_the_installed_packages_are_allowed() -> None:
    found, _ = check_licences(lock(), audit_check.installed(), rules())
    assert found == []


def test_a_licence_that_is_not_allowed_is_found() -> None:
    known = audit_check.installed()
    [numpy] = [key for key in known if key[0] == "numpy"]
    few = {**rules(), "exceptions": {**rules()["exceptions"], "gone": "no reason"}}
    found, unknown = check_licences(lock(), known | {numpy: "AGPL-3.0-only"}, few)
    assert [line.split(";")[0] for line in found] == [
        f"numpy {numpy[1]}: AGPL-3.0-only",
        "gone: an exception, but no package of the lock",
    ]
    assert "torch" in unknown[0]
    without = {key: value for key, value in rules()["exceptions"].items() if key != "krippendorff"}
    found, _ = check_licences(lock(), known, {**rules(), "exceptions": without})
    assert [line.partition(" ")[0] for line in found] == ["krippendorff"]


# --- secrets


def test_no_file_holds_a_secret() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs git")
    assert audit_check.check_files() == Outcome([], [])


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("AWS key", "AKIA" + "IOSFODNN7ABCDEFG"),
        ("GitHub token", "ghp_" + "a1" * 18),
        ("PyPI token", "pypi-AgE" + "IcHlwaS5vcmc" * 5),
        ("private key", "-----BEGIN " + "OPENSSH PRIVATE KEY-----"),
        ("Slack token", "xoxb-" + "1234567890-abcdef"),
        ("password in an address", "https://ann:" + "hunter22@host.net/x"),
        ("value of a secret", 'api_key = "' + 'abcd1234efgh"'),
    ],
)
def test_a_secret_is_found_and_not_repeated(kind: str, secret: str) -> None:
    [told] = secrets_in(f"one\nx {secret}\n", "a.py")
    assert told.startswith(f"a.py, line 2: a {kind} (“")
    assert secret not in told


def test_hashes_and_addresses_are_no_secrets() -> None:
    text = f"{'0' * 64}\nhttps://example.org:8080/a@b\npassword: text\nSECRET = re.compile('x')\nsk-learn-model-a-b-c\n"
    assert list(secrets_in(text, "a")) == []


# --- vulnerabilities


def test_a_vulnerability_is_told_and_a_skipped_package_is_unknown() -> None:
    one = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.0"], "description": ""}
    packages = [
        {"name": "a", "version": "1.0", "vulns": [one]},
        {"name": "b", "version": "1.0", "vulns": []},
        {"name": "c", "skip_reason": "not found"},
    ]
    assert audit_check.vulnerabilities(json.dumps({"dependencies": packages})) == Outcome(
        ["a 1.0: PYSEC-1, CVE-1; mended in 2.0"], ["1 of 3 packages (c): not found"]
    )
    assert audit_check.vulnerabilities(json.dumps({"dependencies": packages[1:2]})) == Outcome([], [])


def test_silence_of_the_services_is_no_success(tmp_path: Path) -> None:
    tool = tmp_path / "pip-audit"
    told = '{"dependencies": [{"name": "a", "skip_reason": "not found"}]}'
    tool.write_text(f"#!/bin/sh\ncase \"$*\" in *pypi*) echo '{told}' ;; *) echo 'no name' >&2; exit 1 ;; esac\n")
    tool.chmod(0o755)
    assert audit_check.check_vulnerabilities(tmp_path) == Outcome(
        [], ["pypi: 1 of 1 packages (a): not found", "osv: no name; is there a network?"]
    )


# --- bill of materials


def test_the_bill_lists_every_package_of_the_lock_once() -> None:
    bill = json.loads((ROOT / "requirements" / "sbom.cdx.json").read_text(encoding="utf-8"))
    parts = [*bill["components"], bill["metadata"]["component"]]
    locked = sorted((package["name"], package["version"]) for package in lock()["package"])
    assert sorted((part["name"], part["version"]) for part in parts) == locked
    refs = {part["bom-ref"] for part in parts}
    assert len(refs) == len(parts)
    assert {entry["ref"] for entry in bill["dependencies"]} == refs
    assert not {"serialNumber", "timestamp"} & {*bill, *bill["metadata"]}  # what would differ from run to run
