"""Pure measures of texts and codings: similarity, placebos, specifications, agreement, continuity.

It imports core, data and texts.
"""
