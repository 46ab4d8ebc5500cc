"""Escaping for what pictures are written in: DOT strings, Graphviz' HTML-like labels, tooltips.

Nothing else in this package puts a user's words into a drawing without one of these functions.
"""

from __future__ import annotations

import html
import re

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0 §2.2: what may not stand in a document, not even as a reference."""


def clean(text: str) -> str:
    """The text without the characters that no XML document may hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def escape(text: str) -> str:
    """For the text of an HTML-like label: `<`, `>`, `&` and both quotes become references.

    Backslashes are doubled, since Graphviz replaces `\\N`, `\\G`, `\\E` … in such labels as well.
    """
    return html.escape(clean(text), quote=True).replace("\\", "\\\\")


def element(tag: str, content: str, **attributes: str | int) -> str:
    """`<TAG NAME="value">content</TAG>`: values are escaped, the content has to be markup already."""
    written = "".join(f' {name}="{escape(str(value))}"' for name, value in attributes.items())
    return f"<{tag}{written}>{content}</{tag}>"


def quoted(text: str) -> str:
    """A DOT string. It is never taken for an HTML-like label or a keyword (DOT language, "ID").

    Line ends become `\\n`; other backslashes are doubled, so that Graphviz finds no escape in a user's words.
    """
    plain = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + plain.replace("\r", "").replace("\n", "\\n") + '"'


def tooltip(text: str) -> str:
    """A DOT string for a `tooltip` attribute.

    Graphviz (2.43, 14.1) looks for escapes in it twice, and writes references as they are: a backslash has to
    be doubled twice, and `&` has to be a reference.
    """
    return quoted(text.replace("\\", "\\\\").replace("&", "&amp;"))
