"""The repository as a whole: files, links, paths, sizes, workflows, citation, versions and the codebook's values."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
import yaml
from click.testing import CliRunner
from markdown_it import MarkdownIt
from pybtex.database import parse_file

import analysis

ROOT = Path(__file__).resolve().parent.parent

REQUIRED = [
    ".ci/run",
    ".github/dependabot.yml",
    ".github/workflows/book.yml",
    ".github/workflows/links.yml",
    ".github/workflows/test.yml",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "LICENSE-DATA",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "_config.yml",
    "_toc.yml",
    "book",
    "data/datapackage.json",
    "data/sources.bib",
    "environment.yml",
    "notebooks",
    "postBuild",
    "pyproject.toml",
    "requirements/tools.txt",
    "requirements/base.txt",
    "requirements/full.txt",
    "src/analysis",
    "tests",
    "uv.lock",
]
LIMIT = 5_000_000
# A path of somebody's machine: at the start of a word, so not a part of a web address.
MACHINE_PATH = re.compile(r"(?<![\w./:%~-])/(?:home|root|Users|work|tmp/work|private)/\w|\b[A-Z]:\\+Users|file:///\w")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def repository_files() -> list[Path]:
    """The files that git tracks or would track; without git, all but what is made by machines."""
    if (ROOT / ".git").exists():
        command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    made = {".venv", "build", "__pycache__", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]


def text_of(path: Path) -> str | None:
    """The text of a file, or None where it is binary."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def machine_paths(text: str) -> list[str]:
    """Lines with a path that exists on one machine only."""
    return [line.strip()[:120] for line in text.splitlines() if MACHINE_PATH.search(line)]


def local_targets(markdown: str) -> list[str]:
    """Files that links and images of a Markdown text point at."""
    targets = []
    for block in MarkdownIt().parse(markdown):
        for token in block.children or ():
            target = str(token.attrGet("href") or token.attrGet("src") or "")
            if target and not re.match(r"[a-z][a-z0-9+.-]*:|#", target):
                targets.append(target.partition("#")[0])
    return targets


def broken_links(page: Path, markdown: str) -> list[str]:
    """Links of a page to files that do not exist; Sphinx reads a leading slash as the root of the source."""
    return [
        target
        for target in local_targets(markdown)
        if not (ROOT / target[1:] if target.startswith("/") else page.parent / target).exists()
    ]


def check_schema(schema: str, *files: Path) -> tuple[int, str]:
    """Exit status and output of check-jsonschema with a schema that comes with it."""
    done = CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", schema, *map(str, files)])
    return done.exit_code, done.output


def versions() -> dict[str, str]:
    """The version of the project wherever it is written."""
    [changelog, *_] = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    return {
        "pyproject.toml": tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"],
        "CITATION.cff": str(citation()["version"]),
        "CHANGELOG.md": changelog,
        "analysis.__version__": analysis.__version__,
        "datapackage.json": json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))["version"],
        "installed": metadata.version("balancing-act"),
    }


def citation() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8")))


def codebook_rows() -> list[list[str]]:
    """The cells of every table row of the codebook."""
    lines = (ROOT / "book" / "codebook.md").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def coding_values() -> dict[str, set[str]]:
    """The allowed values of each column of the codings that has a closed list, from datapackage.json."""
    package = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
    allowed: dict[str, set[str]] = {}
    for resource in package["resources"]:
        if resource["name"].startswith("codings_"):
            for field in resource["schema"]["fields"]:
                limits = field.get("constraints", {})
                if "enum" in limits:
                    allowed[field["name"]] = set(limits["enum"])
                elif "maximum" in limits:
                    allowed[field["name"]] = {str(n) for n in range(limits["minimum"], limits["maximum"] + 1)}
    return allowed


def run_make(folder: Path, path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in a folder with a search path, without what an outer make hands down."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    environment = {"PATH": path, "LC_ALL": "C"}
    return subprocess.run([make, *arguments], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("name", REQUIRED)
def test_required_file_exists(name: str) -> None:
    assert (ROOT / name).exists()


def test_licences_are_complete() -> None:
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    data = (ROOT / "LICENSE-DATA").read_text(encoding="utf-8")
    assert all(f"Section {number} – " in data for number in range(1, 9))


def test_no_file_holds_a_path_of_one_machine() -> None:
    found = {str(p.relative_to(ROOT)): machine_paths(text_of(p) or "") for p in repository_files()}
    assert not {name: lines for name, lines in found.items() if lines}


@pytest.mark.parametrize("folder", ["home/ann", "root/x", "Users/ann", "work/main"])
def test_a_path_of_one_machine_is_found(folder: str) -> None:
    assert machine_paths(f'open("/{folder}/data.csv")')
    assert not machine_paths(f"see https://www.example.org/{folder}/data.csv and ./{folder}")


def test_no_file_is_large() -> None:
    large = {str(path): path.stat().st_size for path in repository_files() if path.stat().st_size > LIMIT}
    assert not large


@pytest.mark.parametrize(
    "page",
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        ROOT / "SECURITY.md",
        *sorted((ROOT / "book").glob("*.md")),
    ],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_links_to_files_resolve(page: Path) -> None:
    assert not broken_links(page, page.read_text(encoding="utf-8"))


def test_a_dead_link_is_found() -> None:
    text = "[a](README.md#x) [b](no.md) ![c](no.png) [d](https://example.org/no.md) [e](#f)\n\n```\n[g](no.txt)\n```\n"
    assert broken_links(ROOT / "README.md", text) == ["no.md", "no.png"]


@pytest.mark.parametrize("schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"])
def test_workflows_are_valid(schema: str, tmp_path: Path) -> None:
    status, output = check_schema(schema, *WORKFLOWS)
    assert status == 0, output
    broken = tmp_path / "broken.yml"
    text = WORKFLOWS[0].read_text(encoding="utf-8")
    broken.write_text(text.replace("timeout-minutes: 30", "timeout: 30"), encoding="utf-8")
    status, output = check_schema(schema, broken)
    assert status == 1, output


def test_the_settings_of_dependency_updates_are_valid(tmp_path: Path) -> None:
    file = ROOT / ".github" / "dependabot.yml"
    status, output = check_schema("vendor.dependabot", file)
    assert status == 0, output
    broken = tmp_path / "dependabot.yml"
    text = file.read_text(encoding="utf-8")
    broken.write_text(text.replace("interval: weekly", "interval: seldom"), encoding="utf-8")
    status, output = check_schema("vendor.dependabot", broken)
    assert status == 1, output


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_pins_its_actions_and_calls_make(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: *(.+)", text)
    assert used
    assert [use for use in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert runs
    assert all(run.split()[0] == "make" and run.split()[1] in targets for run in runs)


def test_make_help_lists_every_target() -> None:
    [phony] = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    done = run_make(ROOT, os.environ["PATH"], "help")
    assert re.findall(r"^  make (\w+)", done.stdout, re.MULTILINE) == phony.split()


def test_make_says_what_to_do_without_a_suitable_python(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    none = run_make(tmp_path, str(empty), "book")
    assert none.returncode == 2
    assert "no Python 3.11, 3.12 or 3.13 found" in none.stderr
    assert "make book PYTHON=" in none.stderr
    wrong = run_make(tmp_path, str(empty), "book", "PYTHON=/no/such/python")
    assert wrong.returncode == 2
    assert "PYTHON=/no/such/python is not a working Python" in wrong.stderr
    assert not (tmp_path / ".venv").exists()


def test_scripts_can_be_executed() -> None:
    for name in (".ci/run", "postBuild"):
        assert (ROOT / name).stat().st_mode & 0o111
        assert "set -euo pipefail" in (ROOT / name).read_text(encoding="utf-8")


def test_citation_is_valid(tmp_path: Path) -> None:
    status, output = check_schema("vendor.citation-file-format", ROOT / "CITATION.cff")
    assert status == 0, output
    broken = tmp_path / "CITATION.cff"
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    broken.write_text(text.replace("date-released: ", "date-released: Nov "), encoding="utf-8")
    status, output = check_schema("vendor.citation-file-format", broken)
    assert status == 1, output


def test_citation_names_the_article_as_the_bibliography_does() -> None:
    [article] = citation()["references"]
    entry = parse_file(str(ROOT / "data" / "sources.bib"), "bibtex").entries["guo_article"]
    [author] = article["authors"]
    assert article["title"] == re.sub("[{}]", "", entry.fields["title"])
    assert str(article["year"]) == entry.fields["year"]
    assert f"{author['family-names']}, {author['given-names']}" == str(entry.persons["author"][0])
    assert article["notes"] == entry.fields["note"]
    assert set(citation()["license"]) == {"MIT", "CC-BY-4.0"}


def test_the_version_is_the_same_everywhere() -> None:
    assert len(set(versions().values())) == 1, versions()


def test_the_release_date_is_the_same_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{citation()['version']}] - {citation()['date-released']}" in changelog


@pytest.mark.parametrize("column", sorted(coding_values()))
def test_codebook_names_the_values_of_the_schema(column: str) -> None:
    cells = [row[1] for row in codebook_rows() if f"`{column}`" in row[0]]
    assert cells, f"the codebook has no row for {column}"
    for cell in cells:
        assert set(re.findall(r"`(.+?)`", cell)) == coding_values()[column]


def test_codebook_maps_to_codes_of_the_scales() -> None:
    with (ROOT / "data" / "scales.csv").open(encoding="utf-8", newline="") as file:
        known = {(row["scale"], row["code"]) for row in csv.DictReader(file)}
    start = codebook_rows().index(["mode", "submode or case", "CAMEO", "PLOVER"])
    rows = [row for row in codebook_rows()[start + 2 :] if len(row) == 4]
    used = {("cameo_goldstein", code) for row in rows for code in re.findall(r"`(.+?)`", row[2])}
    used |= {("plover", code) for row in rows for code in re.findall(r"`(.+?)`", row[3])}
    assert used <= known, used - known
    assert {row[0] for row in rows} == coding_values()["mode"] - {"NONE"}
