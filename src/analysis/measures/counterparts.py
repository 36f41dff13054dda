"""Which sections of the strategy a text measure sets beside a provision, and how often the coders name the same.

A provision is compared by the sentence of the statement in which it stands, or by our paraphrase of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import comb

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.core.errors import DataError
from analysis.data.faults import FIRST_ROW
from analysis.measures.alignment import within
from analysis.measures.placebos import Passages
from analysis.measures.similarity import Floats, Rows, represent
from analysis.texts.features import Features
from analysis.texts.segment import tokenize


def provision_rows(provisions: pd.DataFrame, sentences: Passages, features: Features, statement: str) -> Rows:
    """For each provision the row, among the sentences, of the one in which its anchor words stand.

    Of several sentences of the paragraph that hold all anchor words the first is taken. `features` give the tokens
    before masking. Raises DataError where no sentence of the paragraph holds them.
    """
    text = np.flatnonzero(~features.passages["heading"].to_numpy())
    columns = {token: column for column, token in enumerate(features.vocabulary)}
    own = sentences.rows(statement)
    paragraph = sentences.frame["paragraph"].to_numpy()
    rows = []
    for number, provision in enumerate(provisions.itertuples(), FIRST_ROW):
        anchors = [columns.get(token, -1) for token in set(tokenize(str(provision.anchor_words)))]
        inside = own[paragraph[own] == provision.paragraph]
        counts = features.counts[text[inside]].toarray()
        holds = [
            row for row, count in zip(inside, counts, strict=True) if all(a >= 0 and count[a] > 0 for a in anchors)
        ]
        if not holds:
            raise DataError(
                f"provisions.csv, row {number}, column anchor_words: “{provision.anchor_words}” stands in no "
                f"sentence of paragraph {provision.paragraph} of {statement}"
            )
        rows.append(holds[0])
    return np.array(rows, dtype=np.intp)


def kept_columns(vocabulary: Sequence[str], masked: Iterable[str]) -> dict[str, int]:
    """The column of each token that a mask leaves, as in the counts of `scores.in_unit`."""
    out = set(masked)
    return {token: column for column, token in enumerate(token for token in vocabulary if token not in out)}


def query_counts(texts: Sequence[str], columns: Mapping[str, int]) -> Floats:
    """Token counts of texts of our own, (texts, columns); tokens that are no column are left out."""
    counts = np.zeros((len(texts), len(columns)))
    for row, text in enumerate(texts):
        for token in tokenize(text):
            if token in columns:
                counts[row, columns[token]] += 1
    return counts


def with_queries(sentences: Passages, queries: Floats, name: str, base: NDArray[np.bool_], searched: Rows) -> Floats:
    """Similarities of queries (token counts) with searched passages, weighted as the passages are."""
    from scipy.sparse import csr_array, vstack

    together = csr_array(vstack([sentences.counts, csr_array(queries)]))
    representation = represent(name, together, np.append(base, np.zeros(len(queries), dtype=bool)))
    return representation.similarities(np.arange(len(queries)) + sentences.counts.shape[0], searched)


def listed_sections(sections: Iterable[str], known: Iterable[str]) -> list[str]:
    """The sections of passages as an outline lists them: itself, else the nearest above it, else the first listed.

    A section above another is the beginning of its path: III-1 is above III-1-(2). The first is the document itself.
    """
    outline = list(known)
    listed = set(outline)
    found = []
    for path in sections:
        section = str(path)
        while section and section not in listed:
            section = section.rpartition("-")[0]
        found.append(section or outline[0])
    return found


def section_similarity(similarities: Floats, sections: Sequence[str]) -> pd.DataFrame:
    """The best similarity of each query within each section: (queries, sections), sections in order of the text."""
    order = list(dict.fromkeys(sections))
    labels = np.array(sections)
    return pd.DataFrame({section: similarities[:, labels == section].max(axis=1) for section in order})


def coded_sections(
    matrix: pd.DataFrame, known: Iterable[str], parents: Mapping[str, str], *, coders: int
) -> dict[str, set[str]]:
    """The sections that at least so many coders named for each provision (`alignment.section_matrix`).

    A section without passages of its own in the text becomes the nearest one above it that has some.
    """
    inside = set(known)
    found: dict[str, set[str]] = {}
    for row in matrix[matrix["coders"] >= coders].itertuples():
        section = str(row.section_id)
        while section and section not in inside:
            section = parents[section]
        if section:
            found.setdefault(str(row.provision_id), set()).add(section)
    return found


def _hits(section: str, wanted: set[str], parents: Mapping[str, str], nested: bool) -> bool:
    if not nested:
        return section in wanted
    known = dict(parents)
    return any(within(section, other, known) or within(other, section, known) for other in wanted)


def random_recall(targets: Sequence[int], sections: int, k: int) -> float:
    """Recall at k to be expected of a random order of sections: the mean of 1 - C(N - t, k) / C(N, k).

    targets: how many of the N sections would be a hit, for each provision.
    """
    return float(np.mean([1 - comb(sections - t, k) / comb(sections, k) for t in targets]))


def recall_table(
    similarity: pd.DataFrame,
    provision_ids: Sequence[str],
    coded: Mapping[str, set[str]],
    parents: Mapping[str, str],
    *,
    ks: Sequence[int] = (1, 3, 5),
    nested: bool = False,
    permutations: int = 1000,
    seed: int = 1,
) -> pd.DataFrame:
    """Recall at each k beside two baselines.

    random is what a random order of sections would give, shuffled the mean recall when the coded sections change places
    among the provisions, which keeps popular sections popular, and p the share of such permutations, the real one
    included, that do at least as well. Columns: k, provisions, recall, random, shuffled, p.
    """
    ids = [provision_id for provision_id in provision_ids if provision_id in coded]
    sections = list(similarity.columns)
    order = np.argsort(-similarity.to_numpy(), axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(1, len(sections) + 1)[None, :].repeat(len(order), axis=0), axis=1)
    rows = [list(provision_ids).index(provision_id) for provision_id in ids]
    hit = np.array([[_hits(s, coded[i], parents, nested) for s in sections] for i in ids])
    # first[i, j]: the place of the first hit when provision i has the coded sections of provision j
    first = np.where(hit[None, :, :], place[rows][:, None, :], len(sections) + 1).min(axis=2)
    rng = np.random.default_rng(seed)
    shuffles = np.array([first[np.arange(len(ids)), rng.permutation(len(ids))] for _ in range(permutations)])
    table = []
    for k in ks:
        own = float((np.diag(first) <= k).mean())
        chance = (shuffles <= k).mean(axis=1)
        p = (1 + int((chance >= own).sum())) / (1 + permutations)
        table.append((k, len(ids), own, random_recall(hit.sum(axis=1).tolist(), len(sections), k), chance.mean(), p))
    return pd.DataFrame(table, columns=["k", "provisions", "recall", "random", "shuffled", "p"])


def closest_passages(
    similarities: Floats, searched: pd.DataFrame, provision_ids: Iterable[str], *, most: int
) -> pd.DataFrame:
    """The closest passages of each provision, no two of one section.

    similarities: (provisions, passages); searched: the frame of the passages. Columns: provision_id, place, section_id,
    paragraph, sentence, similarity.
    """
    rows = []
    for provision_id, row in zip(provision_ids, similarities, strict=True):
        ordered = searched.assign(similarity=row).sort_values("similarity", ascending=False, kind="stable")
        best = ordered.drop_duplicates("section").head(most)
        for place, passage in enumerate(best.itertuples(), 1):
            rows.append((provision_id, place, passage.section, passage.paragraph, passage.sentence, passage.similarity))
    columns = ["provision_id", "place", "section_id", "paragraph", "sentence", "similarity"]
    return pd.DataFrame(rows, columns=columns)


def beside_coders(
    closest: pd.DataFrame, coded: Mapping[str, set[str]], headings: "pd.Series[str]", parents: Mapping[str, str]
) -> pd.DataFrame:
    """The closest passages of each provision in one row, beside the sections that coders named.

    Columns: provision_id, passages (section and ¶ paragraph.sentence), heading (of the closest section), coded,
    agreement (same, nested, other, or not coded).
    """
    rows = []
    for provision_id, group in closest.groupby("provision_id", sort=False):
        passages = [f"{row.section_id} (¶{row.paragraph}.{row.sentence})" for row in group.itertuples()]
        best, named = str(group["section_id"].iloc[0]), coded.get(str(provision_id), set())
        if not named:
            agreement = "not coded"
        elif best in named:
            agreement = "same"
        else:
            agreement = "nested" if _hits(best, named, parents, nested=True) else "other"
        rows.append((provision_id, ", ".join(passages), headings[best], ", ".join(sorted(named)), agreement))
    return pd.DataFrame(rows, columns=["provision_id", "passages", "heading", "coded", "agreement"])
