"""Commands on texts: features from texts, what publishers have, likeness of a pair, quotations."""

import json
import sys
from pathlib import Path

import click

from analysis.core import paths

FOLDER = click.Path(path_type=Path)
texts_option = click.option("--texts", type=FOLDER, required=True, metavar="DIR", help="Folder with texts/ID.txt.")


@click.group()
def corpus() -> None:
    """Make, verify or fetch the texts behind the features."""


@corpus.command("build")
@texts_option
def build(texts: Path) -> None:
    """Make data/features from a folder of texts."""
    from analysis.data.tables import load
    from analysis.texts import corpus as features

    rows = features.build(texts, load("documents"))
    print("data/features: " + ", ".join(f"{count:,} {name}" for name, count in rows.items()))


@corpus.command("verify")
@texts_option
def verify(texts: Path) -> int:
    """Show that data/features is what a folder of texts gives."""
    from analysis.data.tables import load
    from analysis.texts import corpus as features

    table = load("documents")
    if differences := features.verify(texts, table):
        print("\n".join(differences), file=sys.stderr)
        return 1
    print(f"data/features is what the {len(table)} texts give, byte for byte")
    return 0


@corpus.command("fetch")
@click.option("--document", multiple=True, metavar="ID", help="Only this one (may be repeated).")
@click.option("--into", type=FOLDER, default=paths.CORPUS, metavar="DIR", help="Folder (default: build/corpus).")
@click.option("--refresh", is_flag=True, help="Ask again for what is there already.")
def fetch(document: tuple[str, ...], into: Path, refresh: bool) -> int:
    """Compare what publishers have now with what was read.

    The status is 1 where something drifted or could not be fetched.
    """
    from analysis.data.tables import load
    from analysis.texts import fetch as fetching

    results = fetching.fetch(load("documents"), list(document), into, refresh=refresh)
    print("\n".join(fetching.report(results)))
    return fetching.exit_status(results)


@corpus.command("embed")
@texts_option
def embed(texts: Path) -> None:
    """Make the embedding scores again (needs the extra semantic)."""
    from analysis.data.tables import load
    from analysis.measures import embeddings
    from analysis.measures.specifications import Source
    from analysis.texts import corpus as features
    from analysis.texts.features import load_features

    encode = embeddings.load_model()
    table = load("documents")
    source = Source(load_features(), table, load("terms"), embeddings.no_scores())
    blocks = features.last_blocks(table)
    scores = embeddings.score_table(source, features.read_texts(texts, table), blocks, encode)
    if (paths.FEATURES / f"{embeddings.TABLE}.parquet").exists():
        difference = embeddings.largest_difference(embeddings.read_scores(), scores)
        print(f"largest difference from the scores before: {difference:.6f}")
    embeddings.write_scores(scores)
    print(f"data/features: {len(scores):,} embedding scores")


@click.command()
@click.argument("statement")
@click.argument("strategy")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def align(statement: str, strategy: str, as_json: bool) -> None:
    """Say how close a statement is to a strategy, among placebos.

    STATEMENT and STRATEGY are ids of documents, such as us-jpn-2025-02-07 and jpn-nds-2022.
    """
    from analysis.data.tables import load
    from analysis.measures import pair
    from analysis.texts import documents

    table = load("documents")
    statement = documents.find("STATEMENT", statement, table, "statement")
    strategy = documents.find("STRATEGY", strategy, table, "strategy")
    result = pair.align(pair.load_source(statement), statement, strategy)
    print(json.dumps(result, indent=2) if as_json else pair.report(result))


@click.command()
@click.argument("words")
@click.option("--in", "document", required=True, metavar="ID", help="Id of a document.")
@click.option("--section", metavar="PATH", help="Only in this section and below, such as III-2.")
def quote(words: str, document: str, section: str | None) -> int:
    """Look up whether a quotation stands in a document.

    The status is 0 where it does, and else 1, with the nearest wording. WORDS stand in quotation marks.
    """
    from analysis.texts.features import load_features, load_ngrams
    from analysis.texts.quotations import find_quotation

    outcome = find_quotation(words, document, load_ngrams(), load_features(), section=section)
    if outcome.found:
        print(f"stands word for word in {document}, section {', '.join(outcome.sections)}")
        return 0
    print(f"does not stand in {document}" + (f", section {section}" if section else ""))
    for wording in outcome.nearest:
        near = f"“{wording}” (words changed: {wording.changes})" if wording else "nothing near is on record"
        print(f"  nearest wording on record: {near}")
    return 1
