"""Citations against forms written by hand."""

from __future__ import annotations

import pytest

from analysis.book import cite
from analysis.book.cite import Name, Part, Work

EDITION = Work(
    "A Balancing Act: 50% & more",
    (Name("The Act’s contributors"),),
    "2026-11-25",
    "0.5.0",
    "MIT AND CC-BY-4.0",
    "https://example.org/book/",
    "act_2026",
)
PART = Part("“So” it rose", "Figure fig-a_b", "fig_a_b", "https://example.org/book/a.html#fig-a_b")
PEOPLE = (Name("Guo", "Ziya"), Name("de la Cruz", "Anne-Marie L."), Name("Ray", "Bo"))


def test_the_edition_in_four_forms() -> None:
    assert cite.forms(EDITION) == {
        "APA": "The Act’s contributors. (2026). A Balancing Act: 50% & more (Version 0.5.0) [Computer software]. "
        "https://example.org/book/",
        "Chicago": "The Act’s contributors. 2026. A Balancing Act: 50% & more, version 0.5.0. https://example.org/book/.",
        "BibTeX": "@software{act_2026,\n"
        "  author  = {{The Act’s contributors}},\n"
        "  title   = {{A Balancing Act: 50\\% \\& more}},\n"
        "  year    = {2026},\n"
        "  version = {0.5.0},\n"
        "  license = {MIT AND CC-BY-4.0},\n"
        "  url     = {https://example.org/book/}\n"
        "}",
        "RIS": "TY  - COMP\nAU  - The Act’s contributors\nPY  - 2026\nDA  - 2026/11/25\n"
        "TI  - A Balancing Act: 50% & more\nET  - 0.5.0\nUR  - https://example.org/book/\nER  - ",
    }


def test_a_part_in_four_forms() -> None:
    assert cite.forms(EDITION, PART) == {
        "APA": "The Act’s contributors. (2026). “So” it rose [Figure fig-a_b]. In A Balancing Act: 50% & more "
        "(Version 0.5.0) [Computer software]. https://example.org/book/a.html#fig-a_b",
        "Chicago": "The Act’s contributors. 2026. “‘So’ it rose.” Figure fig-a_b in A Balancing Act: 50% & more, "
        "version 0.5.0. https://example.org/book/a.html#fig-a_b.",
        "BibTeX": "@incollection{act_2026_fig_a_b,\n"
        "  author    = {{The Act’s contributors}},\n"
        "  title     = {{“So” it rose}},\n"
        "  year      = {2026},\n"
        "  booktitle = {{A Balancing Act: 50\\% \\& more}},\n"
        "  note      = {Figure fig-a\\_b, version 0.5.0},\n"
        "  url       = {https://example.org/book/a.html#fig-a_b}\n"
        "}",
        "RIS": "TY  - CHAP\nAU  - The Act’s contributors\nPY  - 2026\nDA  - 2026/11/25\nTI  - “So” it rose\n"
        "T2  - A Balancing Act: 50% & more\nM3  - Figure fig-a_b\nET  - 0.5.0\n"
        "UR  - https://example.org/book/a.html#fig-a_b\nER  - ",
    }


def test_people_stand_as_each_style_has_them() -> None:
    work = Work("Why do they wait?", PEOPLE, "2025")
    assert cite.apa(work) == "Guo, Z., de la Cruz, A. M. L., & Ray, B. (2025). Why do they wait?"
    assert cite.chicago(work) == "Guo, Ziya, Anne-Marie L. de la Cruz, and Bo Ray. 2025. “Why do they wait?”"
    assert "  author = {Guo, Ziya and de la Cruz, Anne-Marie L. and Ray, Bo}," in cite.bibtex(work)
    assert cite.ris(work).splitlines()[1:4] == ["AU  - Guo, Ziya", "AU  - de la Cruz, Anne-Marie L.", "AU  - Ray, Bo"]


def test_marks_with_a_meaning_in_tex_are_escaped() -> None:
    assert cite.escaped(r"a\b {c} 1% & $2 #3 d_e ~f ^g “h”") == (
        r"a\textbackslash{}b \{c\} 1\% \& \$2 \#3 d\_e \textasciitilde{}f \textasciicircum{}g “h”"
    )


@pytest.mark.parametrize("public", [True, False])
def test_a_template_filled_in_is_the_form_itself(public: bool) -> None:
    part = Part("It rose", "Table t-1", "t_1", "https://example.org/a#t-1" if public else "")
    filled = {}
    for form, text in cite.template(EDITION, public=public).items():
        for name, place in cite.PLACES.items():
            value = str(getattr(part, name))
            text = text.replace(place, value)
        filled[form] = text
    assert filled == cite.forms(EDITION, part)


def test_the_edition_is_what_the_citation_file_says() -> None:
    cff = {
        "title": "T",
        "version": 1.2,
        "date-released": "2026-01-02",
        "license": ["MIT", "CC-BY-4.0"],
        "authors": [{"name": "We"}, {"family-names": "Berg", "name-particle": "van den", "given-names": "Ada"}],
    }
    expected = Work("T", (Name("We"), Name("van den Berg", "Ada")), "2026-01-02", "1.2", "MIT AND CC-BY-4.0")
    assert cite.work_of(cff) == expected
    assert cite.edition_of(cff, "https://example.org").url == "https://example.org"
    assert cite.edition_of(cff | {"doi": "10.5281/zenodo.1"}, "https://example.org").url == (
        "https://doi.org/10.5281/zenodo.1"
    )
    assert cite.edition_of(cff).key == "balancing_act_2026"
