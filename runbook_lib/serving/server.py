"""Voilà without its user's settings, its list of files and its way to any notebook below a folder."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tornado.httpserver
import tornado.ioloop
import tornado.netutil
from jupyter_core.paths import jupyter_runtime_dir, secure_write
from traitlets.config import Config
from voila.app import Voila
from voila.static_file_handler import AllowListFileHandler
from voila.tornado.contentshandler import VoilaContentsHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from runbook_lib.serving.outputs import shown
from runbook_lib.serving.pages import First, NoPage, Notebook, Report, titled
from runbook_lib.text import say

LOOPBACK = "127.0.0.1"
_TEMPLATES = str(Path(__file__).parent / "templates")
# What shows widgets; extensions for JupyterLab, which may be for another version of it, have no place here.
_WIDGETS = ("@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8")
_REPLACED = (TornadoVoilaTreeHandler, VoilaContentsHandler, TornadoVoilaHandler, AllowListFileHandler)


@dataclass(frozen=True)
class Settings:
    """What the command decides: folders, first page, port (0: a free one), language, token or none.

    ``idle`` are the seconds after which a kernel that nothing was asked of is ended, its page open or not: what a page
    did is in the incident's journal, and a page that is loaded again goes on from there.
    """

    home: str
    outputs: str
    first: str
    port: int
    lang: str
    token: bool = True
    idle: int = 3600


def serve(settings: Settings) -> None:
    """Serves until SIGTERM."""
    server = _Server(config=_config(settings), settings_of_ours=settings)
    server.initialize([])
    server.start()


def _config(settings: Settings) -> Config:
    pages = {
        "allow_template_override": "NO", "allow_theme_override": "NO", "prelaunch_hook": titled,
        "resources": {"working": say("cli.pages.working", settings.lang)},
        "extension_allowlist": list(_WIDGETS),
        "show_tracebacks": True,  # `shown` takes out those that are not for a person
    }  # fmt: skip
    kernels = {"cull_idle_timeout": settings.idle, "cull_interval": min(60, settings.idle), "cull_connected": True}
    return Config(
        Voila={"ip": LOOPBACK, "port": settings.port, "root_dir": settings.home, "open_browser": False},
        VoilaConfiguration=pages,
        VoilaExecutor={"on_cell_executed": lambda cell, **_: shown(cell, settings.lang), "timeout": None},
        VoilaExporter={"language_code": settings.lang},
        AsyncMappingKernelManager=kernels,
    )


class _Server(Voila):
    def __init__(self, settings_of_ours: Settings, **options: Any) -> None:
        super().__init__(**options)
        self._ours = settings_of_ours
        self.token = secrets.token_hex(24) if settings_of_ours.token else ""
        # Only under its own name: a page elsewhere cannot get here by a name of its own (DNS rebinding).
        self.tornado_settings = {"allow_remote_access": False, "runbook": settings_of_ours}

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Nothing: settings of the user's own Voilà are for that one."""

    def setup_template_dirs(self) -> None:
        super().setup_template_dirs()
        self.template_paths = [_TEMPLATES, *self.template_paths]

    def init_handlers(self) -> list[Any]:
        kept = [handler for handler in super().init_handlers() if handler[1] not in _REPLACED]
        made = {
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        page = {"voila_configuration": self.voila_configuration}
        return [
            *kept,
            (r"/", First, page),
            (r"/(notebooks/\w[\w-]*\.ipynb)", Notebook, made),
            (r"/outputs/((?:\w[\w.-]*/)+report\.(?:ko|en)\.html)", Report, page),
            (r".*", NoPage, page),
        ]

    def listen(self) -> None:
        """On exactly this port, then in the file where the starter looks."""
        sockets = tornado.netutil.bind_sockets(self.port, LOOPBACK)
        tornado.httpserver.HTTPServer(self.app).add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self.ioloop = tornado.ioloop.IOLoop.current()
        self._tell()
        try:
            self.ioloop.start()
        finally:
            self.stop()

    def _tell(self) -> None:
        told = {"url": self.connection_url, "port": self.port, "base_url": self.base_url, "token": self.token}
        with secure_write(os.path.join(jupyter_runtime_dir(), f"jpserver-{os.getpid()}.json")) as file:
            json.dump(told, file)
