"""Step S2: the provisions of the joint statement, who speaks in them, and what the article reports of them."""

import pandas as pd

SPEAKERS = {"JPN": "Japan", "USA": "United States"}


def article_reports(provisions: pd.DataFrame, claim_provisions: pd.DataFrame) -> pd.DataFrame:
    """Provisions with column told: told, partly told, or left out, after the claims of the article that report them.

    Links of relation evidence do not count: there a checker used the provision, the article does not report it.
    """
    reported = claim_provisions[claim_provisions["relation"] != "evidence"]
    whole = set(reported.loc[reported["relation"] == "told", "provision_id"])
    some = set(reported["provision_id"])
    told = ["told" if p in whole else "partly told" if p in some else "left out" for p in provisions["provision_id"]]
    return provisions.assign(told=told)


def provision_places(provisions: pd.DataFrame) -> pd.DataFrame:
    """Provisions with column place: 1, 2, … within their pillar, in the order of the text."""
    return provisions.assign(place=provisions.groupby("pillar", observed=True).cumcount() + 1)


def tagged(provisions: pd.DataFrame, tag: str) -> pd.DataFrame:
    """The provisions that carry a domain tag."""
    return provisions[[tag in tags for tags in provisions["domain_tags"]]]


def speaker_acts(provisions: pd.DataFrame, actors: pd.DataFrame) -> pd.DataFrame:
    """How many provisions each speaker has for each speech act.

    Speaker is Japan or United States where it acts alone, otherwise both. Columns: speech_act, speaker, provisions.
    """
    states = actors.groupby("provision_id")["state"].agg(lambda codes: ";".join(sorted(codes)))
    speaker = provisions["provision_id"].map(states).map(SPEAKERS).fillna("both")
    acts = provisions.assign(speaker=speaker, speech_act=provisions["speech_act"].astype("object"))
    return acts.groupby(["speech_act", "speaker"]).size().rename("provisions").reset_index()
