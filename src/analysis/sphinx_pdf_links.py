"""Links of the PDF: ids of entries in the text lead to the entries, and addresses are shown as people read them."""

import re
from urllib.parse import quote

from docutils import nodes

ENTRY = re.compile(r"[a-z]\d{1,3}")  # the id of a claim, an omission, a provision, an event, …
UNLINKED = nodes.reference | nodes.literal | nodes.literal_block | nodes.title | nodes.math | nodes.raw


def readable_address(address: str) -> str:
    """An address with letters outside of ASCII in place of their percent signs, where these are UTF-8."""

    def letters(codes: re.Match[str]) -> str:
        try:
            text = bytes.fromhex(codes[0].replace("%", "")).decode()
        except UnicodeDecodeError:
            return codes[0]
        return "".join(sign if sign.isprintable() else quote(sign) for sign in text)

    return re.sub(r"(?:%[89A-Fa-f][0-9A-Fa-f])+", letters, address)


def entry_targets(document: nodes.document) -> dict[str, str]:
    """The entries of the whole book: id in capitals, and its label in the markup."""
    found: dict[str, str] = {}
    for page in document.findall(lambda node: type(node).__name__ == "start_of_file"):
        assert isinstance(page, nodes.Element)
        for node in page.findall(nodes.Element):
            if isinstance(node, nodes.section | nodes.footnote | nodes.citation):
                continue
            for name in filter(ENTRY.fullmatch, node["ids"]):
                found.setdefault(name.upper(), f"%{page['docname']}#{name}")
    return found


def _inside(node: nodes.Node, kinds: object) -> bool:
    above: nodes.Node | None = node.parent
    while above is not None:
        if isinstance(above, kinds):  # type: ignore[arg-type]
            return True
        above = above.parent
    return False


def link_entries(document: nodes.document) -> None:
    """Make ids of entries in the text of a book links to the entries, except in headings, code and links."""
    targets = entry_targets(document)
    if not targets:
        return
    ids = re.compile(rf"\b({'|'.join(targets)})\b")
    for text in [node for node in document.findall(nodes.Text) if ids.search(node)]:
        if _inside(text, UNLINKED):
            continue
        parts = ids.split(text)
        text.parent.replace(
            text,
            [
                nodes.reference("", part, refuri=targets[part], internal=True) if i % 2 else nodes.Text(part)
                for i, part in enumerate(parts)
                if part
            ],
        )


def show_addresses(document: nodes.document) -> None:
    """Show links whose text is their address with the address as people read it."""
    for link in document.findall(nodes.reference):
        address = link.get("refuri", "")
        if "%" in address and link.astext() == address:
            link.children = []
            link += nodes.Text(readable_address(address))
