"""What one text says more than another: weighted log odds with an informative Dirichlet prior.

B. L. Monroe, M. P. Colaresi and K. M. Quinn, Fightin' Words: Lexical Feature Selection and Evaluation for Identifying
the Content of Political Conflict, Political Analysis 16 (2008), 372-403: the log odds ratio with an informative prior,
its approximate variance, and their quotient z.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.measures.similarity import Floats
from analysis.texts.features import Features


def token_totals(features: Features, document_ids: Iterable[str]) -> Floats:
    """Return how often each token of the vocabulary stands in some documents, headings left out."""
    chosen = features.passages["document_id"].isin(list(document_ids)) & ~features.passages["heading"]
    return np.asarray(features.counts[np.flatnonzero(chosen.to_numpy())].sum(axis=0), dtype=np.float64).ravel()


def weighted_log_odds(first: Floats, second: Floats, background: Floats) -> tuple[Floats, Floats]:
    """Return the log odds ratio of each token, first against second text, and its z value.

    Takes token counts (vocabulary,) of both texts and of the background. The prior of a text has the shares of the
    background and weighs as much as the text itself, so that a token that stands in neither favours neither, however
    different their lengths. A token absent from background and texts has z 0.
    """
    share = background / background.sum()
    y1, y2 = first + share * first.sum(), second + share * second.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = np.log(y1 / (y1.sum() - y1)) - np.log(y2 / (y2.sum() - y2))
        z = delta / np.sqrt(1 / y1 + 1 / y2)
    missing = (y1 == 0) | (y2 == 0)
    return np.where(missing, 0.0, delta), np.where(missing, 0.0, z)


def common_tokens(features: Features, share: float) -> NDArray[np.bool_]:
    """Return which tokens stand in more than a share of all passages: they tell grammar, not subject."""
    frequency = np.bincount(features.counts.indices, minlength=features.counts.shape[1])
    return frequency > share * features.counts.shape[0]


def key_tokens(
    first: Floats,
    second: Floats,
    background: Floats,
    vocabulary: tuple[str, ...],
    *,
    most: int,
    left_out: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Return the tokens that stand out most in each text.

    Columns: token, side (first or second), z (positive for the first), first and second (counts). `most` rows a side,
    the strongest first, all tokens that stand at least twice there; tokens of the other sign never fill a side up.
    Tokens that are left out count in the texts, but are not listed.
    """
    _, z = weighted_log_odds(first, second, background)
    frame = pd.DataFrame({"token": vocabulary, "z": z, "first": first.astype(int), "second": second.astype(int)})
    if left_out is not None:
        frame = frame[~left_out]
    ahead = frame[(frame["z"] > 0) & (frame["first"] > 1)].sort_values(["z", "token"], ascending=[False, True])
    behind = frame[(frame["z"] < 0) & (frame["second"] > 1)].sort_values(["z", "token"])
    both = pd.concat([ahead.head(most).assign(side="first"), behind.head(most).assign(side="second")])
    both = both.reset_index(drop=True)
    return both[["token", "side", "z", "first", "second"]]
