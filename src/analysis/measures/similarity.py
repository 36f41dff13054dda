"""Similarity of passages, and the match of a passage in a document: the best one, or what a draw would give.

Everything here is a function of arrays. counts are token counts (passages, vocabulary); base says by row which passages
the weights of tokens are learnt from. A representation holds passages in the form in which they are compared:

- tfidf: cosine of 1 + ln(tf) times ln((1 + n) / (1 + df)) + 1, the weights that scikit-learn's TfidfTransformer gives
  with sublinear_tf=True (C. D. Manning, P. Raghavan, H. Schütze, Introduction to Information Retrieval, 2008,
  sections 6.3 and 6.4).
- bm25: S. Robertson and H. Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), section 3.4, with
  an idf that is never negative; divided by the most that the query could reach, so that long queries do not score
  higher for their length alone.
- overlap: the share of the weight of all tokens of two passages that both have (weighted Jaccard). A token's weight is
  the log odds that a passage lacks it, ln((n - df + 1/2) / (df + 1/2)), not below 0 (S. E. Robertson and K. Sparck
  Jones, Relevance weighting of search terms, 1976, JASIS 27, 129-146; their weight without relevance information).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
LEXICAL = ("tfidf", "bm25", "overlap")
COMMON = 0.05  # share of passages from which a token counts as common
K1, B = 1.2, 0.75  # within the ranges that Robertson and Zaragoza (2009) find to do well in many collections


def document_frequency(counts: "csr_array", base: NDArray[np.bool_]) -> tuple[Floats, int]:
    """Return in how many of the base passages each token stands, and how many these are."""
    chosen = counts[np.flatnonzero(base)]
    return np.bincount(chosen.indices, minlength=counts.shape[1]).astype(np.float64), chosen.shape[0]


def _scaled(matrix: "csr_array", columns: Floats | None = None, rows: Floats | None = None) -> "csr_array":
    """Return a copy of a sparse matrix with its columns and rows multiplied."""
    result = matrix.copy()
    if columns is not None:
        result.data = result.data * columns[result.indices]
    if rows is not None:
        result.data = result.data * np.repeat(rows, np.diff(result.indptr))
    return result


def _with(matrix: "csr_array", data: Floats) -> "csr_array":
    result = matrix.copy()
    result.data = data
    return result


def _sums(matrix: "csr_array") -> Floats:
    return np.asarray(matrix.sum(axis=1)).ravel().astype(np.float64)


@dataclass(frozen=True)
class Split:
    """The rows of a matrix in two parts: the columns that many rows use, dense, and the others, sparse."""

    common: Floats
    rare: "csr_array"


@dataclass(frozen=True)
class Representation:
    """Passages ready to be compared: as queries (rows of left) and as what is searched (rows of right).

    weights (the weight of all tokens of a passage) is there where the product counts as a share of a union. A few
    common tokens make most of the work of a sparse product, so they are multiplied as dense columns.
    """

    left: Split
    right: Split
    weights: Floats | None = None

    def similarities(self, queries: Rows, searched: Rows) -> Floats:
        """Return the similarity of each query passage with each searched passage, (queries, searched)."""
        product: Floats = (self.left.rare[queries] @ self.right.rare[searched].T.tocsr()).toarray()
        product += self.left.common[queries] @ self.right.common[searched].T
        if self.weights is None:
            return product
        union = self.weights[queries][:, None] + self.weights[searched][None, :] - product
        return np.divide(product, union, out=np.zeros_like(product), where=union > 0)


def split_for_product(
    left: "csr_array", right: "csr_array", weights: Floats | None = None, *, common: float = COMMON
) -> Representation:
    """Return query and searched vectors; columns that more than a share `common` of the rows use are dense."""
    frequency = np.bincount(right.indices, minlength=right.shape[1])
    dense = frequency > common * right.shape[0]
    columns, others = np.flatnonzero(dense), np.flatnonzero(~dense)
    searched = Split(right[:, columns].toarray(), right[:, others])
    queries = searched if left is right else Split(left[:, columns].toarray(), left[:, others])
    return Representation(queries, searched, weights)


def dense(vectors: Floats) -> Representation:
    """Return dense vectors (passages, dimensions); the similarity is their product, of unit vectors the cosine."""
    from scipy.sparse import csr_array

    both = Split(vectors, csr_array((len(vectors), 0)))
    return Representation(both, both)


def tfidf(counts: "csr_array", base: NDArray[np.bool_]) -> Representation:
    """Return unit vectors, whose product is the cosine; a passage without tokens is the zero vector."""
    frequency, n = document_frequency(counts, base)
    weighted = _scaled(_with(counts, 1 + np.log(counts.data)), np.log((1 + n) / (1 + frequency)) + 1)
    length = np.sqrt(_sums(_with(weighted, weighted.data**2)))
    unit = _scaled(weighted, rows=np.divide(1, length, out=np.zeros_like(length), where=length > 0))
    return split_for_product(unit, unit)


def bm25(counts: "csr_array", base: NDArray[np.bool_]) -> Representation:
    """Return token counts as queries and BM25 weights to search; the similarity is a share of its upper bound."""
    frequency, n = document_frequency(counts, base)
    idf = np.log(1 + (n - frequency + 0.5) / (frequency + 0.5))
    lengths = _sums(counts)
    norm = K1 * (1 - B + B * lengths / lengths[base].mean())
    saturated = counts.data * (K1 + 1) / (counts.data + np.repeat(norm, np.diff(counts.indptr)))
    most = (K1 + 1) * _sums(_scaled(counts, idf))
    queries = _scaled(counts, rows=np.divide(1, most, out=np.zeros_like(most), where=most > 0))
    return split_for_product(queries, _scaled(_with(counts, saturated), idf))


def overlap(counts: "csr_array", base: NDArray[np.bool_]) -> Representation:
    """Return square roots of the weights of tokens, whose product is the weight of the tokens that are shared."""
    frequency, n = document_frequency(counts, base)
    weight = np.maximum(0, np.log((n - frequency + 0.5) / (frequency + 0.5)))
    present = _with(counts, np.ones_like(counts.data))
    roots = _scaled(present, np.sqrt(weight))
    return split_for_product(roots, roots, _sums(_scaled(present, weight)))


def represent(name: str, counts: "csr_array", base: NDArray[np.bool_]) -> Representation:
    """Return the passages in the form that a name of LEXICAL stands for."""
    return {"tfidf": tfidf, "bm25": bm25, "overlap": overlap}[name](counts, base)


# --- the match of a passage


def draw_weights(passages: int, drawn: int, top: int) -> Floats:
    """Return weights that turn descending similarities into the match that a random draw is expected to give.

    Of n (passages) similarities m (drawn) are drawn without replacement, and the mean of their `top` largest is taken.
    The weight of the k-th largest is the chance that it is drawn with fewer than `top` larger ones, divided by `top`:
    with r larger ones that is C(k - 1, r) C(n - k, m - 1 - r) / C(n, m). The sum of weights times similarities is the
    mean over all possible draws. With drawn = passages it is the mean of the `top` largest.
    """
    from scipy.special import gammaln

    n, m = passages, min(drawn, passages)
    top = min(top, m)
    k = np.arange(1.0, n + 1)

    def log_choose(total: Floats, part: float) -> Floats:
        with np.errstate(invalid="ignore"):
            result = gammaln(total + 1) - gammaln(part + 1) - gammaln(total - part + 1)
        return np.where((part >= 0) & (part <= total), result, -np.inf)

    logs = np.array([log_choose(k - 1, r) + log_choose(n - k, m - 1 - r) for r in range(top)])
    weights: Floats = np.exp(logs - log_choose(np.array([n]), m)).sum(axis=0) / top
    return weights


def matches(similarities: Floats, weights: Floats) -> Floats:
    """Return the match of each query: its descending similarities times weights (passages, kinds); (queries, kinds).

    The similarities are sorted in place.
    """
    similarities.sort(axis=1)
    return np.asarray(similarities @ np.ascontiguousarray(weights[::-1]))


def matches_in_draws(similarities: Floats, drawn: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return the largest similarity of each query among `drawn` passages, in each random draw; (queries, draws)."""
    searched = np.ascontiguousarray(similarities.T)
    size = min(drawn, len(searched))
    result, chosen = np.empty((searched.shape[1], draws)), np.empty((size, searched.shape[1]))
    for draw in range(draws):
        np.take(searched, rng.choice(len(searched), size, replace=False), axis=0, out=chosen, mode="clip")
        result[:, draw] = chosen.max(axis=0)
    return result
