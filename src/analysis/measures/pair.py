"""One statement beside one strategy: score, residual, and standing among the placebos, in one specification."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.core import paths
from analysis.core.wording import listing, the
from analysis.data.tables import described, labels, load
from analysis.measures import alignment, counterparts
from analysis.measures.embeddings import read_scores
from analysis.measures.placebos import (
    PlaceboSet,
    double_centred,
    drawn_passages,
    drawn_scores,
    holm,
    placebo_sets,
    placebo_strategies,
    rank_in_draws,
)
from analysis.measures.provisions import speakers
from analysis.measures.specifications import ADJUSTMENTS, Source, Specification
from analysis.texts import documents
from analysis.texts.features import load_features

TABLE = "codings_alignment"
DRAWS, SEED = 200, 1  # of passages, for the rank of a strategy


def load_source(*also: str, genres: Iterable[str] = (documents.LEADERS,)) -> Source:
    """Return the committed features, tables and embedding scores of `documents.among`.

    Raises DataError where one is missing or broken.
    """
    return Source(
        load_features(), documents.among(load("documents"), *also, genres=genres), load("terms"), read_scores()
    )


def table_folder(statement: str, strategy: str) -> Path | None:
    """Return the folder with provisions, outline and codings of a pair: data/, one in data/cases, or None.

    Raises DataError where a folder of data/cases does not declare these tables.
    """
    declared = sorted(paths.CASES.glob(f"*/{paths.DATAPACKAGE.name}"))
    for folder in (paths.DATA, *(file.parent for file in declared)):
        if (described("provisions", folder), described("strategy_sections", folder)) == (statement, strategy):
            return folder
    return None


def parties(table: pd.DataFrame, document_id: str) -> tuple[str, ...]:
    """Return the states that issued a document."""
    [issuers] = table.loc[table["document_id"] == document_id, "parties"]
    return tuple(issuers)


def issuers_in_words(table: pd.DataFrame, document_id: str) -> str:
    """Return the names of the states that issued a document, as a sentence has them."""
    names = load("states").set_index("state")["name"]
    return listing([the(str(names.get(state, state))) for state in parties(table, document_id)])


def in_words(table: pd.DataFrame) -> dict[str, str]:
    """Return who issued each document as what and when, by id: "Japan and U.S., ministers, April 2019"."""
    genres = labels("documents", "genre")
    states = {**load("states").set_index("state")["name"], "USA": "U.S.", "KOR": "South Korea"}
    names = {}
    for row in table.astype({"genre": "object"}).to_dict("records"):
        issuers = listing(sorted(str(states.get(party, party)) for party in row["parties"]))
        date = row["year"] if pd.isna(row["date"]) else f"{row['date']:%B %Y}"
        names[str(row["document_id"])] = f"{issuers}, {genres[row['genre']]}, {date}"
    return names


def standings(scores: pd.DataFrame, table: pd.DataFrame, statement: str, strategy: str) -> pd.DataFrame:
    """Return the standing of the pair among four sets of placebos, from scores or residuals.

    Columns: among (statements or strategies), placebos_are (all, or other states: without documents of the states that
    issued the strategy), rank, placebos, p, z.
    """
    issuers = parties(table, strategy)
    rows = []
    for among, every in placebo_sets(scores, table, statement, strategy).items():
        for placebos_are, placebos in (("all", every), ("other states", every.without_states(table, issuers))):
            rows.append({"among": among, "placebos_are": placebos_are, **asdict(placebos.standing())})
    return pd.DataFrame(rows)


def standings_by_adjustment(
    source: Source, specification: Specification, statement: str, strategy: str
) -> pd.DataFrame:
    """Return `standings` from scores as they are and from double-centred ones.

    Adds the columns adjustment and p_holm: p corrected for all rows, which stand side by side.
    """
    tables = []
    for adjustment in ADJUSTMENTS:
        scores = source.scores(replace(specification, adjustment=adjustment))
        tables.append(standings(scores, source.documents, statement, strategy).assign(adjustment=adjustment))
    table = pd.concat(tables, ignore_index=True)
    return table.assign(p_holm=holm(table["p"]))


def in_four_settings(source: Source, specification: Specification) -> dict[str, pd.DataFrame]:
    """Return the scores of a specification with names out or kept and length matched or not, by what a setting is."""
    return {
        f"{names}, {length}": source.scores(replace(specification, mask=mask, length_matched=matched))
        for names, mask in {"names out": True, "names kept": False}.items()
        for length, matched in {"length matched": True, "length as it is": False}.items()
    }


def places(placebo_set: PlaceboSet, table: pd.DataFrame, issuers: Iterable[str]) -> pd.DataFrame:
    """Return where each document of a set stands on the scale of the placebos.

    Columns: document_id, z (standard deviations of the placebos from their mean), rank, group (pair; near, a placebo
    that shares one of the issuers; far).
    """
    scores = placebo_set.scores.dropna()
    placebos = scores.drop(placebo_set.focal)
    far = set(placebo_set.without_states(table, issuers).scores.index)
    ranks = scores.rank(ascending=False, method="max").astype(int)
    frame = pd.DataFrame({"z": (scores - placebos.mean()) / placebos.std(), "rank": ranks})
    frame["group"] = ["pair" if i == placebo_set.focal else "far" if i in far else "near" for i in scores.index]
    return frame.rename_axis("document_id").reset_index().sort_values("group", ignore_index=True)


def places_in_settings(
    settings: Mapping[str, pd.DataFrame], table: pd.DataFrame, statement: str, strategy: str
) -> pd.DataFrame:
    """Return the places of statements and strategies around a pair in several settings.

    Columns: among (statements or strategies), setting, and those of `places`.
    """
    issuers = parties(table, strategy)
    parts = []
    for setting, scores in settings.items():
        for among, placebos in placebo_sets(scores, table, statement, strategy).items():
            if pd.notna(placebos.scores[placebos.focal]):
                parts.append(places(placebos, table, issuers).assign(among=among, setting=setting))
    return pd.concat(parts, ignore_index=True)


def nearest_documents(
    scores: pd.DataFrame, table: pd.DataFrame, statement: str, strategy: str, most: int
) -> pd.DataFrame:
    """Return the strategies closest to a statement, then the statements closest to a strategy.

    Columns: of (strategies or statements), place, document_id, score, pair (whether it is the one of the pair).
    """
    parts = []
    sets = placebo_sets(scores, table, statement, strategy)
    for placebos in (sets["strategies"], sets["statements"]):
        best = placebos.scores.dropna().sort_values(ascending=False, kind="stable").head(most)
        frame = pd.DataFrame({"document_id": list(best.index), "score": best.to_numpy()})
        pair = frame["document_id"] == placebos.focal
        parts.append(frame.assign(of=placebos.among, place=range(1, len(best) + 1), pair=pair))
    return pd.concat(parts, ignore_index=True)


def closest_sentences(source: Source, statement: str, strategy: str, *, mask: bool) -> pd.DataFrame:
    """Return for each sentence of a statement the closest one of a strategy, by the cosine of TF-IDF vectors.

    Columns: paragraph and sentence in the statement; section, paragraph_there, sentence_there in the strategy; cosine.
    """
    sentences, vectors = source.compared(Specification(mask=mask))
    queries, searched = sentences.rows(statement), sentences.rows(strategy)
    cosines = vectors.similarities(queries, searched)
    there = sentences.frame.iloc[searched[cosines.argmax(axis=1)]][["section", "paragraph", "sentence"]]
    here = sentences.frame.iloc[queries][["paragraph", "sentence"]].reset_index(drop=True)
    return here.join(there.reset_index(drop=True), rsuffix="_there").assign(cosine=cosines.max(axis=1))


def provisions_beside(source: Source, folder: Path, *, mask: bool) -> pd.DataFrame:
    """Return the provisions of a statement, each beside the closest section of the strategy and what coders found.

    folder holds the tables of the pair. Columns: those of the provisions, speaker (the state that speaks alone, else
    both), passages and heading (closest to the provision's sentence), coded (the sections that at least two coders
    named, or the only one), strength (settled; missing where nobody has coded).
    """
    provisions, sections, codings = (load(name, folder) for name in ("provisions", "strategy_sections", TABLE))
    statement, strategy = described("provisions", folder), described("strategy_sections", folder)
    search = counterparts.search_sections(source, Specification(mask=mask), sections, strategy)
    closest = search.closest(search.by_sentence(provisions, statement), provisions)
    parents = dict(zip(sections["section_id"], sections["parent_id"], strict=True))
    named, strength = {}, pd.Series(dtype="float64")
    if len(codings):
        enough = min(2, codings["coder"].nunique())
        named = counterparts.coded_sections(
            alignment.section_matrix(codings), search.section_of, parents, coders=enough
        )
        strength = alignment.adjudicate(codings).set_index("provision_id")["strength"]
    headings = sections.set_index("section_id")["heading"]
    beside = provisions.merge(counterparts.beside_coders(closest, named, headings, parents), on="provision_id")
    names = {state: state for state in parties(source.documents, statement)}
    spoken = speakers(beside, load("provision_actors", folder), names)
    return spoken.assign(strength=spoken["provision_id"].map(strength))


def single_draws(
    source: Source, specification: Specification, statement: str, strategy: str, *, draws: int, seed: int
) -> dict[str, float]:
    """Return how the strategy ranks when equally many passages of each strategy are drawn, instead of the mean.

    The whole statement is compared by its best matches, by words also where the specification compares embeddings.
    Keys: passages (how many are drawn from each strategy), and those of `rank_in_draws`.
    """
    passages, compared = source.compared(specification.lexical())
    rivals = placebo_strategies(source.documents, strategy)
    scores = drawn_scores(passages, compared, [statement], rivals, draws=draws, seed=seed)[:, 0]
    return {"passages": drawn_passages(passages.frame), **rank_in_draws(scores, rivals.index(strategy))}


def reading(rank_among_statements: int, rank_among_strategies: int) -> str:
    """Return what both ranks say, in words, without a full stop."""
    words = {
        (True, True): "this statement is closest to this strategy, and the strategy to it",
        (True, False): "no statement is closer to this strategy, but the strategy is not the closest to the statement",
        (False, True): "no strategy is closer to this statement, but other statements are closer to the strategy",
        (False, False): "other statements are closer to this strategy, and other strategies to the statement",
    }
    return f"On the texts {words[rank_among_statements == 1, rank_among_strategies == 1]}"


def align(source: Source, statement: str, strategy: str) -> dict[str, Any]:
    """Return how close a statement is to a strategy in the default specification, as plain values for JSON.

    Keys: statement, strategy, score, residual, standing (of the score: among statements and among strategies, all and
    of other states), residual_standing (the same for residuals), draws (by `single_draws`), nearest_strategies,
    nearest_statements (id and score), settings. Numbers have six digits, missing ones are null.
    """
    table, specification = source.documents, Specification()
    scores = source.scores(specification)
    ranks = single_draws(source, specification, statement, strategy, draws=DRAWS, seed=SEED)
    residuals = double_centred(scores, documents.comparable(table)["document_id"])
    result: dict[str, Any] = {
        "statement": statement,
        "strategy": strategy,
        "score": scores.at[statement, strategy],
        "residual": residuals.at[statement, strategy],
        "standing": standings(scores, table, statement, strategy).to_dict("records"),
        "residual_standing": standings(residuals, table, statement, strategy).to_dict("records"),
        **{
            f"nearest_{of}": rows[["document_id", "score"]].to_dict("records")
            for of, rows in nearest_documents(scores, table, statement, strategy, 5).groupby("of")
        },
        "settings": asdict(specification) | {"drawn_passages": ranks.pop("passages")},
        "draws": {"draws": DRAWS, "seed": SEED, **ranks},
    }
    del result["settings"]["adjustment"]
    rounded: dict[str, Any] = json.loads(pd.Series(result).to_json(double_precision=6))
    return rounded


def report(result: dict[str, Any]) -> str:
    """Return the result of `align` as lines for a terminal."""
    lines = [
        f"{result['statement']} with {result['strategy']}",
        f"  score     {_number(result['score'])}",
        f"  residual  {_number(result['residual'])}",
        "",
        f"  {'among':<22} {'placebos':<13} {'rank':>9}  {'p':>6}  {'z':>6}",
    ]
    for title, key in (("", "standing"), ("residual, ", "residual_standing")):
        for row in result[key]:
            rank = f"{row['rank']} of {row['placebos'] + 1}" if row["rank"] else "none"
            numbers = f"{_number(row['p'])}  {_number(row['z'])}"
            lines.append(f"  {title + row['among']:<22} {row['placebos_are']:<13} {rank:>9}  {numbers}")
    first = result["draws"]["first"]
    lines += ["", f"  in {DRAWS} single draws the strategy ranks first in {first:.0%}"]
    settings = ", ".join(f"{name} {value}" for name, value in result["settings"].items())
    nearest = ", ".join(f"{row['document_id']} {_number(row['score'])}" for row in result["nearest_strategies"])
    return "\n".join([*lines, "", f"  nearest strategies: {nearest}", f"  settings: {settings}"])


def _number(value: float | None) -> str:
    return "     –" if value is None else f"{value:6.3f}"
