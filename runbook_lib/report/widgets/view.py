"""Places in a notebook whose content is drawn anew when what it shows changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runbook_lib.report.render import Section

Draw = Callable[[], Section | None]


def below(*widgets: Any) -> Any:
    """Widgets, one below the other."""
    import ipywidgets

    return ipywidgets.VBox(widgets)


class View:
    """A section in a place of its own.

    The widget is an ``Output``, not an ``HTML``: what is in it is rendered as the outputs of cells are, so that links
    to other notebooks open there, in JupyterLab as in Voilà.
    """

    def __init__(self, draw: Draw) -> None:
        import ipywidgets

        self._draw = draw
        self.widget = ipywidgets.Output()
        self.redraw()

    def redraw(self) -> None:
        """Shows what there is now; an unchanged section is left as it is, with whatever was opened in it."""
        section = self._draw()
        outputs = (_output(section),) if section else ()
        if outputs != self.widget.outputs:
            self.widget.outputs = outputs


def _output(section: Section) -> dict[str, Any]:
    return {"output_type": "display_data", "data": section._repr_mimebundle_(), "metadata": {}}


@dataclass(frozen=True)
class Face:
    """How an action looks: its button's label (``""``: no button), whether it can be pressed, the stop button's.

    ``main`` is the one to press in this notebook, in colour.
    """

    label: str
    enabled: bool = True
    stop: str = ""
    main: bool = True


class Action:
    """A button, the one that stops what it began, and what comes of it."""

    def __init__(
        self, face: Callable[[], Face], press: Callable[[], None], stop: Callable[[], None], draw: Draw
    ) -> None:
        import ipywidgets

        self._face = face
        self.button = ipywidgets.Button(layout=_BUTTON)
        self.button.on_click(lambda _: press())
        self.stopper = ipywidgets.Button(layout=_BUTTON, icon="stop")
        self.stopper.on_click(lambda _: stop())
        self.view = View(draw)
        row = ipywidgets.Box((self.button, self.stopper), layout=ROW)
        self.widget = ipywidgets.VBox((row, self.view.widget))
        self.redraw()

    def redraw(self) -> None:
        """Labels the buttons and shows what there is now."""
        face = self._face()
        self.button.description, self.button.disabled = face.label, not face.enabled
        self.button.button_style = "primary" if face.main else ""
        self.button.layout.display = "" if face.label else "none"
        self.stopper.description = face.stop
        self.stopper.layout.display = "" if face.stop else "none"
        self.view.redraw()


_BUTTON = {"width": "auto", "height": "auto", "padding": "6px 18px", "margin": "4px 8px 4px 2px"}
ROW = {"flex_flow": "row wrap", "align_items": "center"}
