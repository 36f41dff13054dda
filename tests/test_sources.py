"""Facts of the tables against the texts themselves, where these are at hand; the texts never enter the repository."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SHARED

from analysis.core import paths
from analysis.data.tables import load


def text(corpus: Path, document_id: str) -> str:
    return (corpus / "texts" / f"{document_id}.txt").read_text("utf-8")


def test_documents_are_the_texts_that_were_read(corpus: Path) -> None:
    for row in load("documents").itertuples():
        raw = (corpus / "texts" / f"{row.document_id}.txt").read_bytes()
        assert hashlib.sha256(raw).hexdigest() == row.sha256, row.document_id


def test_anchor_words_stand_in_their_paragraph(corpus: Path) -> None:
    blocks = [block for block in text(corpus, "us-jpn-2025-02-07").split("\n\n") if not block.startswith("# ")]
    assert len(blocks) == load("provisions")["paragraph"].max()
    for row in load("provisions").itertuples():
        assert str(row.anchor_words).lower() in blocks[int(row.paragraph) - 1].lower(), row.provision_id


def test_headings_of_the_strategy_stand_on_their_lines(corpus: Path) -> None:
    lines = text(corpus, "jpn-nds-2022").split("\n")
    sections = load("strategy_sections").dropna(subset=["corpus_line"])
    for row in sections.itertuples():
        assert lines[int(row.corpus_line) - 1].startswith("# "), row.section_id
    assert sum(line.startswith("# ") for line in lines) == len(sections)


def test_no_run_of_words_is_copied_from_a_source() -> None:
    tool = SHARED / "tools" / "copied_text.py"
    if not tool.exists():
        pytest.skip("needs the tool and the texts beside the repository (../shared)")
    done = subprocess.run([sys.executable, str(tool), str(paths.ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout or done.stderr
