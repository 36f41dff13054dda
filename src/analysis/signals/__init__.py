"""Events between states: coded signals, indices, two tracks, and exports of event data sets.

It imports core, data, texts and measures.
"""

from analysis.signals import coding, contacts, dual_track, events, indices, protests

__all__ = ["coding", "contacts", "dual_track", "events", "indices", "protests"]
