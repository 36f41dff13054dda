"""Commands on texts: features from texts, what publishers have, likeness of a pair, quotations."""

import argparse
import sys


def build_command(options: argparse.Namespace) -> int:
    """Make the features from a folder of texts."""
    from analysis.data.tables import load
    from analysis.texts import corpus

    rows = corpus.build(options.texts, load("documents"))
    print("data/features: " + ", ".join(f"{count:,} {name}" for name, count in rows.items()))
    return 0


def verify_command(options: argparse.Namespace) -> int:
    """Compare the features with what a folder of texts gives; 1 where they differ."""
    from analysis.data.tables import load
    from analysis.texts import corpus

    table = load("documents")
    differences = corpus.verify(options.texts, table)
    for line in differences:
        print(line, file=sys.stderr)
    if differences:
        return 1
    print(f"data/features is what the {len(table)} texts give, byte for byte")
    return 0


def fetch_command(options: argparse.Namespace) -> int:
    """Get what the publishers have and compare it with what was read; the status tells the worst."""
    from analysis.data.tables import load
    from analysis.texts import fetch

    results = fetch.fetch(load("documents"), options.document, options.into, refresh=options.refresh)
    print("\n".join(fetch.report(results)))
    return fetch.exit_status(results)


def embed_command(options: argparse.Namespace) -> int:
    """Make the embedding scores again."""
    from analysis.data.tables import load
    from analysis.measures import embeddings
    from analysis.measures.specifications import Source
    from analysis.texts import corpus
    from analysis.texts.features import load_features

    encode = embeddings.load_model()
    table = load("documents")
    source = Source(load_features(), table, load("terms"), embeddings.no_scores())
    texts = corpus.read_texts(options.texts, table)
    scores = embeddings.score_table(source, texts, corpus.last_blocks(table), encode)
    if embeddings.are_committed():
        difference = embeddings.largest_difference(embeddings.read_scores(), scores)
        print(f"largest difference from the scores before: {difference:.6f}")
    embeddings.write_scores(scores)
    print(f"data/features: {len(scores):,} embedding scores")
    return 0


def align_command(options: argparse.Namespace) -> int:
    """Print how close a statement is to a strategy, among placebos."""
    import json

    from analysis.data.tables import load
    from analysis.measures import pair
    from analysis.measures.specifications import Specification
    from analysis.texts import documents

    table = load("documents")
    statement = documents.find("STATEMENT", options.statement, table, "statement")
    strategy = documents.find("STRATEGY", options.strategy, table, "strategy")
    result = pair.align(pair.load_source(), statement, strategy, Specification())
    print(json.dumps(result, indent=2) if options.json else pair.report(result))
    return 0


def quote_command(options: argparse.Namespace) -> int:
    """Print where a quotation stands; 1 with the nearest wording where it does not."""
    from analysis.texts.features import load_features, load_ngrams
    from analysis.texts.quotations import find_quotation

    found = find_quotation(options.text, options.document, load_ngrams(), load_features(), section=options.section)
    if found.found:
        print(f"stands word for word in {options.document}, section {', '.join(found.sections)}")
        return 0
    print(f"does not stand in {options.document}" + (f", section {options.section}" if options.section else ""))
    for wording in found.nearest:
        near = f"“{wording}” (words changed: {wording.changes})" if wording else "nothing near is on record"
        print(f"  nearest wording on record: {near}")
    return 1
