"""Pure measures of texts and codings: similarity, placebos, specifications, agreement, continuity.

It imports core, data and texts.
"""

from analysis.measures import (
    agreement,
    alignment,
    before_after,
    continuity,
    counterparts,
    keyness,
    pair,
    placebos,
    precedents,
    provisions,
    rivals,
    series,
    similarity,
    specifications,
)

__all__ = [
    "agreement",
    "alignment",
    "before_after",
    "continuity",
    "counterparts",
    "keyness",
    "pair",
    "placebos",
    "precedents",
    "provisions",
    "rivals",
    "series",
    "similarity",
    "specifications",
]
