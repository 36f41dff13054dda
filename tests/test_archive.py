"""The archive of a small repository: what is in it, that it is the same twice, and that its metadata name its files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.book import build
from analysis.cli import command as cli
from analysis.core import paths
from analysis.core.errors import BuildError
from analysis.release import archive, rocrate

CFF = """cff-version: 1.2.0
title: A Sample
version: 1.2.3
date-released: 2026-01-02
abstract: >-
  Two
  lines.
keywords: [a, b]
license: [MIT, CC-BY-4.0]
authors: [{name: The Contributors}]
references:
  - {type: article, title: The Article, authors: [{family-names: Guo, given-names: Ziya}], year: 2025}
"""
PACKAGE = {"resources": [{"path": "a.csv", "title": "Table A", "description": "All of A."}]}
NOTEBOOK = {
    "cells": [{"cell_type": "markdown", "metadata": {}, "source": "# The start\n\n**Question.** Why?"}],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}
FILES = {
    "CITATION.cff": CFF,
    "README.md": "# Sample\n",
    "data/a.csv": "a\n1\n",
    "data/datapackage.json": json.dumps(PACKAGE),
    "notebooks/01-start.ipynb": json.dumps(NOTEBOOK),
    "run": "#!/bin/sh\n",
    "src/analysis/a.py": "",
    ".gitignore": "/build/\n",
}
BUILT = {
    "build/html/index.html": "<p>",
    "build/html/_static/a.css": "",
    "build/pdf/balancing-act.pdf": "%PDF",
    "build/source/notebooks/01-start.ipynb": json.dumps(NOTEBOOK | {"metadata": {"ran": True}}),
}
MADE = ("ro-crate-metadata.json", "SHA256SUMS")
TOP = "balancing-act-1.2.3"


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with what was built from it, and a file that git does not know."""
    root = tmp_path / "repository"
    write(root, FILES | BUILT)
    (root / "run").chmod(0o775)
    git(root, "init", "-q")
    git(root, "add", "--all")
    git(root, "commit", "-qm", "Sample")
    write(root, {"stray.txt": "stray"})
    return root


def built(root: Path, executed: str = "build/source/notebooks") -> dict[str, Path]:
    return archive.built_files(root / "build/html", root / "build/pdf/balancing-act.pdf", root / executed)


def unpack(content: bytes, target: Path) -> Path:
    """Unpack as unzip does, with permissions; returns the one folder in it."""
    file = target.with_suffix(".zip")
    file.write_bytes(content)
    with zipfile.ZipFile(file) as packed:
        for entry in packed.infolist():
            packed.extract(entry, target)
            (target / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    [folder] = target.iterdir()
    return folder


def test_the_archive_holds_what_git_knows_and_what_was_built(root: Path, tmp_path: Path) -> None:
    name, content = archive.make_archive(root, built(root))
    assert name == TOP
    folder = unpack(content, tmp_path / "unpacked")
    names = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    source = {"build/source/notebooks/01-start.ipynb"}
    expected = {*FILES, *BUILT, "build/executed/01-start.ipynb", *MADE} - source
    assert names == expected
    assert json.loads((folder / "build/executed/01-start.ipynb").read_text())["metadata"] == {"ran": True}
    assert os.access(folder / "run", os.X_OK)
    assert not os.access(folder / "README.md", os.X_OK)


def test_entries_are_sorted_with_one_time_and_two_permissions(root: Path, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(archive.make_archive(root, built(root))[1])
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        entries = packed.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names)
    assert all(name.startswith(f"{TOP}/") for name in names)
    assert {entry.date_time for entry in entries} == {(2026, 1, 2, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644, 0o100755}


def test_made_twice_it_is_the_same_to_the_byte(root: Path, tmp_path: Path) -> None:
    first = archive.make_archive(root, built(root))
    copy = tmp_path / "elsewhere"
    shutil.copytree(root, copy)
    for file in copy.rglob("*"):
        if file.is_file():
            os.utime(file, (time.time() + 90_000, time.time() + 90_000))
    (copy / "README.md").chmod(0o600)
    assert archive.make_archive(copy, built(copy)) == first
    (copy / "README.md").write_text("# Changed\n")
    assert archive.make_archive(copy, built(copy)) != first


def test_sha256sum_finds_every_file_as_it_was(root: Path, tmp_path: Path) -> None:
    folder = unpack(archive.make_archive(root, built(root))[1], tmp_path / "unpacked")
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    assert set(sums) == {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()} - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    if command := shutil.which("sha256sum"):
        check = [command, "-c", "--quiet", "SHA256SUMS"]
        assert subprocess.run(check, cwd=folder, check=False).returncode == 0
        (folder / "README.md").write_text("x")
        assert subprocess.run(check, cwd=folder, check=False, capture_output=True).returncode == 1


def test_without_git_nobody_knows_the_files(root: Path) -> None:
    shutil.rmtree(root / ".git")
    with pytest.raises(BuildError, match="git does not say which files belong to the archive"):
        archive.repository_files(root)


def test_a_file_that_git_knows_and_that_is_gone_is_named(root: Path) -> None:
    (root / "README.md").unlink()
    with pytest.raises(BuildError, match=r"README\.md is missing"):
        archive.repository_files(root)


def test_changed_files_are_told(root: Path) -> None:
    write(root, {"README.md": "# Changed\n"})
    assert archive.changed_files(root) == ["README.md", "stray.txt"]


# --- the book must be there, and of today


@pytest.fixture
def staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The staged folder of a book that was built from the repository as it is."""
    monkeypatch.setattr(archive, "outdated", lambda _: [])
    source = tmp_path / "source"
    build.stage(paths.NOTEBOOKS, {}, source)
    return source


def test_a_book_that_is_current_is_taken(staged: Path) -> None:
    assert archive.require_current(source=staged) == staged / "notebooks"


def test_a_book_that_is_missing_is_told(tmp_path: Path, staged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BuildError, match="the book is not built: `make book` builds HTML and PDF"):
        archive.require_current(source=tmp_path / "nowhere")
    monkeypatch.setattr(archive, "outdated", lambda source: build.outdated(source, tmp_path / "h", tmp_path / "p.pdf"))
    with pytest.raises(BuildError, match=r"h and .*p\.pdf: missing, or older than the sources: `make book`"):
        archive.require_current(source=staged)


@pytest.mark.parametrize("name", ["book/cite.md", "data/events.csv", "_config.yml", "CITATION.cff"])
def test_a_book_that_is_older_than_a_source_is_told(name: str, staged: Path) -> None:
    (staged / name).write_bytes(b"older")
    with pytest.raises(BuildError, match=f"the book is older than {name}: `make book` builds it anew"):
        archive.require_current(source=staged)


def test_a_book_that_is_older_than_a_notebook_is_told(staged: Path) -> None:
    file = staged / "notebooks" / "01-timeline.ipynb"
    file.write_text(file.read_text("utf-8").replace("# The meeting", "# A meeting", 1), "utf-8")
    with pytest.raises(BuildError, match=r"the book is older than notebooks/01-timeline\.ipynb"):
        archive.require_current(source=staged)


def test_outdated_books_are_those_of_other_sources(tmp_path: Path) -> None:
    source, html, pdf = tmp_path / "source", tmp_path / "html", tmp_path / "book.pdf"
    write(tmp_path, {"source/a": "1", "html/index.html": "", "book.pdf": ""})
    build._build_if_changed(source, html / "index.html", (tmp_path / "work").mkdir)
    assert build.outdated(source, html, pdf) == [pdf]
    (source / "a").write_text("2")
    assert build.outdated(source, html, pdf) == [html, pdf]


def test_the_command_keeps_the_last_archive_where_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.zip"
    monkeypatch.setattr(archive, "require_current", lambda: tmp_path)
    monkeypatch.setattr(archive, "make_archive", lambda *_: ("balancing-act-1", b"zip"))
    assert cli.main(["archive", "--out", str(out)]) == 0
    assert out.read_bytes() == b"zip"
    monkeypatch.setattr(archive, "make_archive", lambda *_: (_ for _ in ()).throw(BuildError("x is missing")))
    assert cli.main(["archive", "--out", str(out)]) == 1
    assert out.read_bytes() == b"zip"
    assert cli.main(["archive", "--out", str(tmp_path / "no" / "a.zip")]) == 1
    assert "x is missing" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["a.zip"]


# --- RO-Crate


@pytest.fixture
def crate(root: Path, tmp_path: Path) -> tuple[Path, dict[str, dict[str, Any]]]:
    """An unpacked archive, and the entities of its metadata by id."""
    folder = unpack(archive.make_archive(root, built(root))[1], tmp_path / "unpacked")
    content = json.loads((folder / rocrate.NAME).read_text(encoding="utf-8"))
    assert content["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in content["@graph"]}
    assert len(entities) == len(content["@graph"])
    return folder, entities


def test_the_crate_says_what_it_is(crate: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    _, entities = crate
    assert entities["ro-crate-metadata.json"] == {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    root = entities["./"]
    assert root["@type"] == "Dataset"
    assert (root["name"], root["description"], root["version"]) == ("A Sample", "Two lines.", "1.2.3")
    assert root["datePublished"] == "2026-01-02"
    assert [entities[one["@id"]]["name"] for one in root["license"]] == [
        "MIT License",
        "Creative Commons Attribution 4.0 International",
    ]
    assert entities[root["author"]["@id"]] == {
        "@id": "#the-contributors",
        "@type": "Organization",
        "name": "The Contributors",
    }
    article = entities[root["isBasedOn"]["@id"]]
    assert (article["@type"], article["name"], article["datePublished"]) == ("ScholarlyArticle", "The Article", "2025")
    assert entities[article["author"]["@id"]]["familyName"] == "Guo"


def test_every_reference_leads_to_an_entity(crate: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    _, entities = crate

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [value["@id"]]
        return [found for part in value for found in references(part)] if isinstance(value, list) else []

    found = {one for entity in entities.values() for value in entity.values() for one in references(value)}
    assert found - entities.keys() == {"https://w3id.org/ro/crate/1.1"}


def test_the_parts_are_files_of_the_archive_and_none_is_left_out(crate: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    folder, entities = crate
    parts = [part["@id"] for part in entities["./"]["hasPart"]]
    assert len(parts) == len(set(parts))
    for part in parts:
        assert (folder / part).exists(), part
        kind = entities[part]["@type"]
        assert (kind == "Dataset") == part.endswith("/")
        if (folder / part).is_file():
            assert "File" in kind
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    folders = tuple(part for part in parts if part.endswith("/"))
    assert {name for name in files - set(parts) if not name.startswith(folders)} == {rocrate.NAME, archive.SUMS}


def test_tables_and_notebooks_are_described(crate: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    _, entities = crate
    table = entities["data/a.csv"]
    assert (table["name"], table["description"], table["encodingFormat"]) == ("Table A", "All of A.", "text/csv")
    assert table["license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    notebook = entities["notebooks/01-start.ipynb"]
    assert notebook["@type"] == ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
    assert notebook["name"] == "The start"
    assert entities[notebook["programmingLanguage"]["@id"]]["@type"] == "ComputerLanguage"
    assert entities["build/executed/"]["@type"] == "Dataset"
    assert entities["build/pdf/balancing-act.pdf"]["encodingFormat"] == "application/pdf"


def test_a_table_of_another_licence_has_its_own() -> None:
    cff = yaml.safe_load(paths.CITATION.read_text(encoding="utf-8"))
    package = json.loads(paths.DATAPACKAGE.read_text(encoding="utf-8"))
    graph = {entity["@id"]: entity for entity in rocrate.metadata([], cff, package, {})["@graph"]}
    licences = {
        name: entity["license"]["@id"]
        for name, entity in graph.items()
        if name.startswith("data/") and "license" in entity
    }
    sharing = "https://creativecommons.org/licenses/by-sa/4.0/"
    assert [name for name, licence in licences.items() if licence == sharing] == ["data/plover_gold.csv"]
    assert graph[sharing]["name"] == "Creative Commons Attribution-ShareAlike 4.0 International"
    assert "plover_gold" in (paths.ROOT / "LICENSE-DATA").read_text(encoding="utf-8")


def test_the_metadata_of_this_edition_name_every_table_and_chapter() -> None:
    cff = yaml.safe_load(paths.CITATION.read_text(encoding="utf-8"))
    package = json.loads(paths.DATAPACKAGE.read_text(encoding="utf-8"))
    names = archive.repository_files()
    titles = {
        file.relative_to(paths.ROOT).as_posix(): archive.read_opening(file)[0] for file in archive.notebook_files()
    }
    made = rocrate.metadata(names, cff, package, titles)
    named = {entity["@id"] for entity in made["@graph"]}
    assert {f"data/{resource['path']}" for resource in package["resources"]} <= named
    assert set(titles) <= named
    assert rocrate.metadata(names, cff, package, titles) == made
