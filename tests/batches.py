"""How tests are dealt out to the workers."""

from xdist.scheduler.loadgroup import LoadGroupScheduling

# Folders of quick tests, of which there are thousands.
_QUICK = tuple(f"tests/{name}/" for name in ("contract", "diagnosis", "evidence", "plan", "project", "report", "text"))
_TOGETHER = 25


class Batches(LoadGroupScheduling):
    """Deals out quick tests of a file some at a time: one by one, the account of them alone takes half a minute."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self._batches: dict[str, str] = {}
        self._sizes: dict[str, int] = {}

    def _split_scope(self, nodeid: str) -> str:
        scope = super()._split_scope(nodeid)
        if scope != nodeid or not nodeid.startswith(_QUICK):
            return scope
        if nodeid not in self._batches:
            file = nodeid.partition("::")[0]
            place = self._sizes[file] = self._sizes.get(file, -1) + 1
            self._batches[nodeid] = f"{file} {place // _TOGETHER}"
        return self._batches[nodeid]
