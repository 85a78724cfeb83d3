"""Which of the catalogue's words stand in a text: all at once, as asking for each alone takes several times as long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_SIZE = 4  # characters of the piece by which a word is looked up
_STEP = 3  # only every third piece of a text is looked up, so a word is known by three of its own
_LEAST = _SIZE + _STEP - 1  # characters of a word that always holds one of a text's pieces


class Vocabulary:
    """Words, each known by those of its pieces that the fewest others share."""

    def __init__(self, words: Iterable[str]) -> None:
        unique = sorted(set(words))
        shared = Counter(word[at : at + _SIZE] for word in unique for at in range(len(word) - _SIZE + 1))
        by_piece: dict[str, list[str]] = {}
        for word in (word for word in unique if len(word) >= _LEAST):
            for offset in range(_STEP):
                pieces = sorted(word[at : at + _SIZE] for at in range(offset, len(word) - _SIZE + 1, _STEP))
                by_piece.setdefault(min(pieces, key=shared.__getitem__), []).append(word)
        self._by_piece = {piece: tuple(found) for piece, found in by_piece.items()}
        self._known = frozenset(by_piece)
        self._short = tuple(word for word in unique if len(word) < _LEAST)

    def of(self, text: str) -> frozenset[str]:
        """Those of the words that stand in ``text``, in time linear in its length."""
        pieces = self._known.intersection(map(text.__getitem__, _slices(len(text))))
        found = [word for piece in pieces for word in self._by_piece[piece] if word in text]
        found.extend(filter(text.__contains__, self._short))
        return frozenset(found)


def _slices(length: int) -> Iterable[slice]:
    """Where a text of this length is looked at; made once for the usual lengths."""
    count = length // _STEP + 1
    return _USUAL[:count] if count <= len(_USUAL) else (slice(at, at + _SIZE) for at in range(0, length, _STEP))


_USUAL = [slice(at, at + _SIZE) for at in range(0, 6_000, _STEP)]
