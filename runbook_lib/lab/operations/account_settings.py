"""ListAccountSettings, PutAccountSetting, PutAccountSettingDefault, DeleteAccountSetting."""

from runbook_lib.lab.embedded import service_model
from runbook_lib.lab.operations.paging import page
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document

_ON = ("serviceLongArnFormat", "taskLongArnFormat", "containerInstanceLongArnFormat", "tagResourceAuthorization")
_VALUES = {
    **dict.fromkeys(_ON, "enabled"),
    "fargateTaskRetirementWaitPeriod": "7",
    "guardDutyActivate": "on",
    "tagResourceAuthorization": "on",
    "defaultLogDriverMode": "non-blocking",
}


def _names() -> list[str]:
    names: list[str] = list(getattr(service_model("ecs").shape_for("SettingName"), "enum", ()))
    return names


def list_settings(region: Region, params: Document) -> Document:
    """List what was set; with `effectiveSettings` also the defaults of what was not."""
    wanted = [name for name in _names() if params.get("name", name) == name]
    shown = [name for name in wanted if name in region.settings or params.get("effectiveSettings")]
    settings = [_view(region, name) for name in shown if params.get("value") in (None, _value(region, name))]
    found, token = page(settings, params, lambda setting: [setting["name"]], default=10)
    return {"settings": found, "nextToken": token}


def put(region: Region, params: Document) -> Document:
    """Set one; the lab knows one identity, so its default is the same."""
    region.settings[params["name"]] = params["value"]
    return {"setting": _view(region, params["name"])}


def delete(region: Region, params: Document) -> Document:
    """Go back to the default."""
    shown = {**_view(region, params["name"]), "value": None}
    region.settings.pop(params["name"], None)
    return {"setting": shown}


def _value(region: Region, name: str) -> str:
    return region.settings.get(name) or _VALUES.get(name, "disabled")


def _view(region: Region, name: str) -> Document:
    principal = f"arn:aws:iam::{region.account}:root"
    return {"name": name, "value": _value(region, name), "principalArn": principal, "type": "user"}
