"""A page as its structure: elements in order, text, and what they point at. By html.parser, no browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "input", "link", "hr"}


@dataclass
class Page(HTMLParser):
    """Start tags with attributes, the text of each element, and tags that were not closed as they should be."""

    starts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        """Text as it reads: a space that no line breaks at is a space."""
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data.replace("\u00a0", " ")))

    def text(self, *but: str) -> str:
        """All text outside the elements named."""
        return " ".join(data for tag, data in self.texts if tag not in (*but, "style"))

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every element of a tag."""
        return [attributes for name, attributes in self.starts if name == tag]


def parse(html: str) -> Page:
    """The structure of a page or a fragment."""
    page = Page()
    page.feed(html)
    page.close()
    return page
