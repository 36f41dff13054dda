"""Which sections of the strategy a text measure sets beside a provision, and how often the coders name the same.

A provision is compared by the sentence of the statement in which it stands, or by our paraphrase of it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.core.errors import DataError
from analysis.data.faults import FIRST_ROW
from analysis.measures.alignment import within
from analysis.measures.placebos import Passages, base_rows, in_unit
from analysis.measures.similarity import Floats, Rows, represent
from analysis.measures.specifications import Source, Specification
from analysis.texts.documents import FOCAL_STATEMENT, FOCAL_STRATEGY
from analysis.texts.features import Features
from analysis.texts.segment import tokenize

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def provision_rows(provisions: pd.DataFrame, sentences: Passages, features: Features, statement: str) -> Rows:
    """Return for each provision the row, among the sentences, of the one in which its anchor words stand.

    Of several sentences of the paragraph that hold all anchor words the first is taken. `features` give the tokens
    before masking. Raises DataError where no sentence of the paragraph holds them.
    """
    text = np.flatnonzero(~features.passages["heading"].to_numpy())
    columns = {token: column for column, token in enumerate(features.vocabulary)}
    statement_rows = sentences.rows(statement)
    paragraph = sentences.frame["paragraph"].to_numpy()
    rows = []
    for number, provision in enumerate(provisions.itertuples(), FIRST_ROW):
        anchors = [columns.get(token, -1) for token in set(tokenize(str(provision.anchor_words)))]
        inside = statement_rows[paragraph[statement_rows] == provision.paragraph]
        counts = features.counts[text[inside]].toarray()
        holding = [
            row for row, count in zip(inside, counts, strict=True) if all(a >= 0 and count[a] > 0 for a in anchors)
        ]
        if not holding:
            raise DataError(
                f"provisions.csv, row {number}, column anchor_words: “{provision.anchor_words}” stands in no "
                f"sentence of paragraph {provision.paragraph} of {statement}"
            )
        rows.append(holding[0])
    return np.array(rows, dtype=np.intp)


def paraphrase_counts(texts: Collection[str], features: Features, masked: Iterable[str]) -> Floats:
    """Return the token counts of texts of our own, (texts, tokens that the mask leaves); other words count nothing."""
    left_out = set(masked)
    tokens = [token for token in features.vocabulary if token not in left_out]
    counted = (Counter(tokenize(text)) for text in texts)
    return np.array([[counts[token] for token in tokens] for counts in counted], dtype=np.float64)


@dataclass(frozen=True)
class SectionSearch:
    """The sentences of the strategy that is searched, by section, and those of all documents.

    section_of: the section of each searched sentence, as the outline lists it.
    """

    source: Source
    specification: Specification
    sentences: Passages
    searched: Rows
    section_of: list[str]

    def by_sentence(self, provisions: pd.DataFrame, statement: str = FOCAL_STATEMENT) -> Floats:
        """Return how like each searched sentence is to the sentence in which a provision stands."""
        queries = provision_rows(provisions, self.sentences, self.source.features, statement)
        return self._similarities(self.sentences.counts, queries)

    def by_paraphrase(self, provisions: pd.DataFrame) -> Floats:
        """Return how like each searched sentence is to our paraphrase of a provision, weighted as sentences are."""
        from scipy.sparse import csr_array, vstack

        terms = self.source.terms
        masked = terms.loc[terms["role"] == "mask", "token"] if self.specification.mask else ()
        counts = csr_array(paraphrase_counts(provisions["paraphrase"], self.source.features, masked))
        together = csr_array(vstack([self.sentences.counts, counts]))
        return self._similarities(together, np.arange(len(provisions)) + self.sentences.counts.shape[0])

    def _similarities(self, counts: "csr_array", queries: Rows) -> Floats:
        base = base_rows(self.sentences.frame, self.specification.idf_base)
        base = np.append(base, np.zeros(counts.shape[0] - len(base), dtype=bool))
        return represent(self.specification.representation, counts, base).similarities(queries, self.searched)

    def recall(
        self, similarities: Floats, provisions: pd.DataFrame, coded: Mapping[str, set[str]], *, seed: int
    ) -> pd.DataFrame:
        """Return how often the sections that coders named are among the best, by how many are looked at (k)."""
        labels = np.array(self.section_of)
        best = {name: similarities[:, labels == name].max(axis=1) for name in dict.fromkeys(self.section_of)}
        return recall_table(pd.DataFrame(best), provisions["provision_id"].to_list(), coded, seed=seed).set_index("k")

    def closest(self, similarities: Floats, provisions: pd.DataFrame) -> pd.DataFrame:
        """Return the three closest passages of each provision, no two of one section (`closest_passages`)."""
        passages = self.sentences.frame.iloc[self.searched].assign(section=self.section_of)
        return closest_passages(similarities, passages, provisions["provision_id"], most=3)


def search_sections(
    source: Source, specification: Specification, sections: pd.DataFrame, strategy: str = FOCAL_STRATEGY
) -> SectionSearch:
    """Return the sentences of a strategy, ready to be searched by the words of a provision.

    sections: the outline of the strategy. Words are compared also where the specification compares embeddings.
    """
    sentences = in_unit(source.features, source.documents, source.terms, "sentence", mask=specification.mask)
    searched = sentences.rows(strategy)
    section_of = listed_sections(sentences.frame["section"].iloc[searched], sections["section_id"])
    return SectionSearch(source, specification.lexical(), sentences, searched, section_of)


def listed_sections(sections: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the sections of passages as an outline lists them: itself, else the nearest above, else the first.

    A section above another is the beginning of its path: III-1 is above III-1-(2). The first is the document itself.
    """
    outline = dict.fromkeys(known)
    nearest = []
    for section in map(str, sections):
        while section and section not in outline:
            section = section.rpartition("-")[0]
        nearest.append(section or next(iter(outline)))
    return nearest


def coded_sections(
    matrix: pd.DataFrame, known: Iterable[str], parents: Mapping[str, str], *, coders: int
) -> dict[str, set[str]]:
    """Return the sections that at least so many coders named for each provision (`alignment.section_matrix`).

    A section without passages of its own in the text becomes the nearest one above it that has some.
    """
    inside = set(known)
    sections_of: dict[str, set[str]] = {}
    for row in matrix[matrix["coders"] >= coders].itertuples():
        section = str(row.section_id)
        while section and section not in inside:
            section = parents[section]
        if section:
            sections_of.setdefault(str(row.provision_id), set()).add(section)
    return sections_of


def random_recall(targets: Sequence[int], sections: int, k: int) -> float:
    """Return recall at k of a random order of sections: the mean of 1 - C(N - t, k) / C(N, k).

    targets: how many of the N sections would be a hit, for each provision.
    """
    return float(np.mean([1 - comb(sections - t, k) / comb(sections, k) for t in targets]))


def recall_table(
    similarity: pd.DataFrame,
    provision_ids: Sequence[str],
    coded: Mapping[str, set[str]],
    *,
    ks: Sequence[int] = (1, 3, 5),
    permutations: int = 1000,
    seed: int = 1,
) -> pd.DataFrame:
    """Return recall at each k beside two baselines.

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
    hit = np.array([[section in coded[i] for section in sections] for i in ids])
    # first[i, j]: the place of the first hit when provision i has the coded sections of provision j
    first = np.where(hit[None, :, :], place[rows][:, None, :], len(sections) + 1).min(axis=2)
    rng = np.random.default_rng(seed)
    shuffles = np.array([first[np.arange(len(ids)), rng.permutation(len(ids))] for _ in range(permutations)])
    table = []
    for k in ks:
        recall = float((np.diag(first) <= k).mean())
        chance = (shuffles <= k).mean(axis=1)
        p = (1 + int((chance >= recall).sum())) / (1 + permutations)
        table.append((k, len(ids), recall, random_recall(hit.sum(axis=1).tolist(), len(sections), k), chance.mean(), p))
    return pd.DataFrame(table, columns=["k", "provisions", "recall", "random", "shuffled", "p"])


def closest_passages(
    similarities: Floats, searched: pd.DataFrame, provision_ids: Iterable[str], *, most: int
) -> pd.DataFrame:
    """Return the closest passages of each provision, no two of one section.

    similarities: (provisions, passages); searched: the frame of the passages. Columns: provision_id, place, section_id,
    paragraph, sentence, similarity.
    """
    parts = []
    for provision_id, row in zip(provision_ids, similarities, strict=True):
        ordered = searched.assign(similarity=row).sort_values("similarity", ascending=False, kind="stable")
        best = ordered.drop_duplicates("section").head(most)
        parts.append(best.assign(provision_id=provision_id, place=range(1, len(best) + 1)))
    columns = ["provision_id", "place", "section_id", "paragraph", "sentence", "similarity"]
    return pd.concat(parts, ignore_index=True).rename(columns={"section": "section_id"})[columns]


def beside_coders(
    closest: pd.DataFrame, coded: Mapping[str, set[str]], headings: "pd.Series[str]", parents: Mapping[str, str]
) -> pd.DataFrame:
    """Return the closest passages of each provision in one row, beside the sections that coders named.

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
            nested = any(within(best, name, parents) or within(name, best, parents) for name in named)
            agreement = "nested" if nested else "other"
        rows.append((provision_id, ", ".join(passages), headings[best], ", ".join(sorted(named)), agreement))
    return pd.DataFrame(rows, columns=["provision_id", "passages", "heading", "coded", "agreement"])
