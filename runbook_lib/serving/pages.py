"""The pages: the guided path, archived reports, and what is said where there is neither or no token was given."""

import re
from pathlib import Path
from typing import Any

from tornado.web import HTTPError
from voila.handler import BaseVoilaHandler, VoilaHandler

from runbook_lib.text import say

_REPORT_MAY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


class _Page(BaseVoilaHandler):
    """Whoever asks without a token is told where to find it; every error is a sentence in the user's language."""

    @property
    def _ours(self) -> Any:
        return self.settings["runbook"]

    async def prepare(self) -> None:
        await super().prepare(_redirect_to_login=False)
        if not self.current_user:
            raise HTTPError(403)

    def write_error(self, status_code: int, **_: Any) -> None:
        key = {403: "token", 404: "absent"}.get(status_code, "failed")
        told = say(f"cli.pages.{key}", self._ours.lang)
        page = self.get_template("told.html.j2")
        self.finish(page.render(lang=self._ours.lang, told=told, status=status_code))


class First(_Page):
    """The way in: the token becomes a cookie and leaves the address."""

    async def get(self) -> None:
        self.redirect(f"/notebooks/{self._ours.first}")


class Notebook(_Page, VoilaHandler):
    """A notebook of the guided path, run anew for whoever opens it."""

    async def get(self, path: str) -> None:
        if not (Path(self._ours.home) / path).is_file():
            raise HTTPError(404)
        _ = self.xsrf_token  # sets the cookie without which the page may not end its kernel when it is left
        async for html in self.get_generator(path=path):
            self.write(html)
            await self.flush()


class Report(_Page):
    """An archived report, which holds no script and needs nothing; nothing else of the archive is served."""

    async def get(self, path: str) -> None:
        archive = Path(self._ours.outputs).resolve()
        file = (archive / path).resolve()
        if not file.is_relative_to(archive) or file.name != Path(path).name or not file.is_file():
            raise HTTPError(404)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", _REPORT_MAY)
        self.finish(file.read_bytes())


class NoPage(_Page):
    """Everything else."""

    async def get(self) -> None:
        raise HTTPError(404)


def titled(handler: Any, notebook: Any, **_: Any) -> None:
    """Gives a page the notebook's heading for a title, of both languages that of the user."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    heading = next((found[1] for source in cells if (found := re.match(r"#+ (.+)", source))), "")
    korean, _, english = heading.partition(" · ")
    told = english if english and handler.settings["runbook"].lang == "en" else korean
    notebook.metadata["title"] = f"{told} · ecs-runbook" if told else "ecs-runbook"
