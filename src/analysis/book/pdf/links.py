"""Links of the PDF: addresses are shown as people read them."""

import re
from urllib.parse import quote

from docutils import nodes


def readable_address(address: str) -> str:
    """An address with letters outside of ASCII in place of their percent signs, where these are UTF-8."""

    def letters(codes: re.Match[str]) -> str:
        try:
            text = bytes.fromhex(codes[0].replace("%", "")).decode()
        except UnicodeDecodeError:
            return codes[0]
        return "".join(sign if sign.isprintable() else quote(sign) for sign in text)

    return re.sub(r"(?:%[89A-Fa-f][0-9A-Fa-f])+", letters, address)


def show_addresses(document: nodes.document) -> None:
    """Show links whose text is their address with the address as people read it."""
    for link in document.findall(nodes.reference):
        address = link.get("refuri", "")
        if "%" in address and link.astext() == address:
            link.children = []
            link += nodes.Text(readable_address(address))
