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
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Integer
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

    ``left`` and ``idle`` are the seconds after which a kernel ends in which nothing happens: without a page, and with
    one. What a page did is in the incident's journal, and a page that is loaded again goes on from there.
    """

    home: str
    outputs: str
    first: str
    port: int
    lang: str
    token: bool = True
    left: int = 300
    idle: int = 4 * 3600


def serve(settings: Settings) -> None:
    """Serves until SIGTERM."""
    server = _Server(config=_config(settings), settings_of_ours=settings)
    server.initialize([])
    server.start()


def _config(settings: Settings) -> Config:
    pages = {
        "allow_template_override": "NO", "allow_theme_override": "NO", "prelaunch_hook": titled,
        "resources": {word: say(f"cli.pages.{word}", settings.lang) for word in ("working", "gone")},
        "multi_kernel_manager_class": PageKernels,
        "extension_allowlist": list(_WIDGETS),
        "show_tracebacks": True,  # `shown` takes out those that are not for a person
    }  # fmt: skip
    kernels = {"cull_idle_timeout": settings.left, "cull_interval": min(60, settings.left), "cull_connected": True}
    return Config(
        KernelManager={"shutdown_wait_time": 3.0},
        Voila={"ip": LOOPBACK, "port": settings.port, "root_dir": settings.home, "open_browser": False},
        VoilaConfiguration=pages,
        VoilaExecutor={"on_cell_executed": lambda cell, **_: shown(cell, settings.lang), "timeout": None},
        VoilaExporter={"language_code": settings.lang},
        PageKernels={**kernels, "left": settings.left, "idle": settings.idle},
    )


class PageKernels(AsyncMappingKernelManager):
    """Kernels of pages that were left end soon; those of pages that are open have longer."""

    left, idle = Integer(config=True), Integer(config=True)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        self.cull_idle_timeout = self.idle if self._kernel_connections.get(kernel_id) else self.left
        await super().cull_kernel_if_idle(kernel_id)


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

    def _handle_signal_stop(self, *_: Any) -> None:
        self.ioloop.add_callback_from_signal(self._leave)

    async def _leave(self) -> None:
        """Ends kernels while they can still be spoken to: one that can not be takes seconds to be given up."""
        await self.kernel_manager.shutdown_all()
        self.ioloop.stop()

    def _tell(self) -> None:
        told = {"url": self.connection_url, "port": self.port, "base_url": self.base_url, "token": self.token}
        with secure_write(os.path.join(jupyter_runtime_dir(), f"jpserver-{os.getpid()}.json")) as file:
            json.dump(told, file)
