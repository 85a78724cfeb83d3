"""Pages of lists, with a nextToken that stays right while items come and go."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.state import Document

Item = TypeVar("Item")
Key = Callable[[Item], list[Any]]


def page(
    items: Sequence[Item], params: Document, key: Key[Item], default: int = 100, descending: bool = False
) -> tuple[list[Item], str | None]:
    """Return the items of the wanted page, sorted by `key`, and the token of the next page.

    The token holds the key of the last item shown, so an item that vanishes in between shifts nothing.
    Raises `AwsError` for a foreign token or a page size outside 1 to 100.
    """
    size = params.get("maxResults", default)
    if not 1 <= size <= 100:
        raise AwsError("InvalidParameterException", "maxResults must be between 1 and 100.")
    ordered = sorted(items, key=key, reverse=descending)
    if "nextToken" in params:
        last = _read(params["nextToken"])
        ordered = [item for item in ordered if (key(item) < last if descending else key(item) > last)]
    shown = ordered[:size]
    return shown, _write(key(shown[-1])) if len(ordered) > size else None


def _write(key: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read(token: str) -> list[Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, ValueError) as error:
        raise AwsError("InvalidParameterException", "Invalid token.") from error
    if not isinstance(found, list):
        raise AwsError("InvalidParameterException", "Invalid token.")
    return found
