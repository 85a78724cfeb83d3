"""Ids as AWS makes them, the same in every lab of the same seed."""

import hashlib
import itertools
import uuid

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


class Ids:
    """Source of ids and addresses. A test wants the same ids each time, so they are counted and hashed, not drawn."""

    def __init__(self, seed: str = "lab") -> None:
        self._seed = seed
        self._count = itertools.count()

    def hexadecimal(self, length: int = 32) -> str:
        """Return `length` hexadecimal digits, at most 64."""
        return f"{self._next():064x}"[:length]

    def number(self) -> str:
        """Return the number of a deployment, of 19 digits."""
        return str(10**18 + self._next() % (9 * 10**18))

    def short(self) -> str:
        """Return the id of a service deployment, of 21 letters."""
        value = self._next()
        return "".join(_LETTERS[value >> 6 * place & 63] for place in range(21))

    def uuid(self) -> str:
        """Return a UUID."""
        return str(uuid.UUID(hex=self.hexadecimal(), version=4))

    def below(self, limit: int) -> int:
        """Return a number from 0 up to `limit`, without it."""
        return self._next() % limit

    def _next(self) -> int:
        return int.from_bytes(hashlib.sha256(f"{self._seed}/{next(self._count)}".encode()).digest(), "big")
