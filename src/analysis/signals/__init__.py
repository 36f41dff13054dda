"""Events between states: coded signals, indices, two tracks, and exports of event data sets.

It imports core, data, texts and measures.
"""

from analysis.signals import coding, dual_track, events, indices

__all__ = ["coding", "dual_track", "events", "indices"]
