"""Events between states: coded signals, indices, two tracks, and exports of event data sets.

It imports core, data, texts and measures.
"""
