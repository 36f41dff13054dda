"""Steps S2 and S3: provisions of the statement, who speaks in them, what the article reports; the outline."""

from collections.abc import Mapping

import pandas as pd

from analysis.core.wording import the


def article_reports(provisions: pd.DataFrame, claim_provisions: pd.DataFrame) -> pd.DataFrame:
    """Return the provisions with column told: told, partly told or left out, after the claims that report them.

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


def speakers(provisions: pd.DataFrame, actors: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Provisions with column speaker: the name of the state that acts alone, otherwise both."""
    states = actors.groupby("provision_id")["state"].agg(lambda codes: ";".join(sorted(codes)))
    return provisions.assign(speaker=provisions["provision_id"].map(states).map(dict(names)).fillna("both"))


def speaker_acts(spoken: pd.DataFrame) -> pd.DataFrame:
    """How many provisions each speaker has for each speech act, from the frame of `speakers`.

    Columns: speech_act, speaker, provisions.
    """
    acts = spoken.assign(speech_act=spoken["speech_act"].astype("object"))
    return acts.groupby(["speech_act", "speaker"]).size().rename("provisions").reset_index()


def most_alone(acts: pd.DataFrame) -> str:
    """Who speaks most often alone, and how: "the United States most often, to welcome"; empty where nobody does.

    Takes the frame of `speaker_acts`.
    """
    alone = acts[acts["speaker"] != "both"].sort_values("provisions", ascending=False, kind="stable")
    return "" if alone.empty else f"{the(alone['speaker'].iloc[0])} most often, to {alone['speech_act'].iloc[0]}"


def section_paragraphs(sections: pd.DataFrame, paragraphs: int, *, level: int) -> pd.DataFrame:
    """Length of the sections at one level of the outline, in paragraphs, in the order of the text.

    In the normalised text every heading and every paragraph is one line with an empty line after it, so a section
    that starts on line a and ends before line b has (b - a) / 2 blocks; the headings inside it are taken off.
    `paragraphs` is the number of paragraphs of the whole document, which gives the end of the last section. Text
    before the first section of a chapter counts as a row of its own, labelled with the chapter.

    Columns: section_id, label, approach, paragraphs.
    """
    lines = sections.dropna(subset=["corpus_line"]).astype({"corpus_line": "int64"}).sort_values("corpus_line")
    headings = lines["corpus_line"].to_list()
    chosen = lines[lines["level"] <= level]
    starts = chosen["corpus_line"].to_list()
    stops = [*starts[1:], 2 * (paragraphs + len(lines)) + 1]
    rows = []
    for row, start, stop in zip(chosen.itertuples(), starts, stops, strict=True):
        inside = sum(start <= line < stop for line in headings)
        rows.append((row.section_id, f"{row.section_id}  {row.heading}", row.approach, (stop - start) // 2 - inside))
    table = pd.DataFrame(rows, columns=["section_id", "label", "approach", "paragraphs"])
    return table[table["paragraphs"] > 0].reset_index(drop=True)
