"""Token buckets of the ECS API: how many calls of which kind an account may make in a Region.

Groups, sizes and rates are those of "Request throttling for the Amazon ECS API" (Amazon ECS API Reference). Actions
that the page does not name are not throttled.
"""

from dataclasses import dataclass

from runbook_lib.lab.call import Call

_GROUPS: tuple[tuple[int, int, str], ...] = (  # burst, calls a second, actions that share the bucket
    (20, 1, "CreateCluster DeleteCluster PutClusterCapacityProviders UpdateCluster UpdateClusterSettings"),
    (50, 20, "DescribeClusters ListClusters"),
    (20, 1, "DeregisterTaskDefinition RegisterTaskDefinition"),
    (50, 20, "DescribeTaskDefinition ListTaskDefinitions ListTaskDefinitionFamilies"),
    (5, 1, "DeleteTaskDefinitions"),
    (10, 1, "CreateCapacityProvider DeleteCapacityProvider UpdateCapacityProvider"),
    (50, 20, "DescribeCapacityProviders"),
    (20, 10, "TagResource UntagResource"),
    (50, 20, "ListTagsForResource"),
    (10, 1, "DeleteAccountSetting PutAccountSetting PutAccountSettingDefault"),
    (50, 20, "ListAccountSettings"),
    (
        100,
        40,
        "DeleteAttributes DeregisterContainerInstance ExecuteCommand PutAttributes RunTask StartTask StopTask"
        " UpdateContainerAgent UpdateContainerInstancesState",
    ),
    (100, 20, "DescribeContainerInstances DescribeTasks ListAttributes ListContainerInstances ListTasks"),
    (
        200,
        120,
        "RegisterContainerInstance SubmitAttachmentStateChanges SubmitContainerStateChange SubmitTaskStateChange",
    ),
    (50, 5, "CreateService DeleteService UpdateService"),
    (100, 20, "DescribeServices ListServices"),
    (50, 20, "DescribeServiceDeployments ListServiceDeployments"),
    (50, 20, "DescribeServiceRevisions"),
    (200, 80, "UpdateTaskProtection GetTaskProtection"),
    (10, 1, "ListServicesByNamespace"),
)
_GROUP_OF = {action: number for number, (_, _, actions) in enumerate(_GROUPS) for action in actions.split()}


@dataclass
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """One bucket a group of actions, account and Region; whoever asks holds a lock."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, int], _Bucket] = {}

    def has_token(self, asked: Call, now: float) -> bool:
        """Take a token for a call; False where the bucket is empty. `now` is in seconds from any beginning."""
        group = _GROUP_OF.get(asked.action) if asked.service == "ecs" else None
        if group is None:
            return True
        size, rate, _ = _GROUPS[group]
        bucket = self._buckets.setdefault((asked.account, asked.region, group), _Bucket(size, now))
        bucket.tokens = min(size, bucket.tokens + max(0.0, now - bucket.at) * rate)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
