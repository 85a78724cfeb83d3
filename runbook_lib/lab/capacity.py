"""Launch type and capacity provider of a task."""

from runbook_lib.lab.state import Document


def chosen(document: Document) -> Document:
    """Return launchType and capacityProviderName of a task: of a strategy the provider with the greatest weight."""
    strategy = document.get("capacityProviderStrategy") or []
    most: Document = max(strategy, key=lambda item: (item.get("weight", 0), item.get("base", 0)), default={})
    return {
        "launchType": document.get("launchType") or "FARGATE",
        "capacityProviderName": most.get("capacityProvider"),
    }
