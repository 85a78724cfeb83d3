"""The ECS operations that the lab answers, by name. Each takes a Region and checked parameters and returns a reply."""

from collections.abc import Callable

from runbook_lib.lab.operations import (
    account_settings,
    capacity_providers,
    clusters,
    container_instances,
    running,
    service_deployments,
    services,
    tags,
    task_definitions,
    task_protection,
    tasks,
)
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document

Operation = Callable[[Region, Document], Document]

OPERATIONS: dict[str, Operation] = {
    "CreateCluster": clusters.create,
    "DescribeClusters": clusters.describe,
    "ListClusters": clusters.list_arns,
    "UpdateCluster": clusters.update,
    "UpdateClusterSettings": clusters.update_settings,
    "DeleteCluster": clusters.delete,
    "DescribeCapacityProviders": capacity_providers.describe,
    "PutClusterCapacityProviders": capacity_providers.put,
    "ListContainerInstances": container_instances.list_arns,
    "DescribeContainerInstances": container_instances.describe,
    "ListAttributes": container_instances.list_attributes,
    "ListAccountSettings": account_settings.list_settings,
    "PutAccountSetting": account_settings.put,
    "PutAccountSettingDefault": account_settings.put,
    "DeleteAccountSetting": account_settings.delete,
    "RegisterTaskDefinition": task_definitions.register,
    "DescribeTaskDefinition": task_definitions.describe,
    "DeregisterTaskDefinition": task_definitions.deregister,
    "DeleteTaskDefinitions": task_definitions.delete,
    "ListTaskDefinitions": task_definitions.list_arns,
    "ListTaskDefinitionFamilies": task_definitions.list_families,
    "CreateService": services.create,
    "DescribeServices": services.describe,
    "ListServices": services.list_arns,
    "ListServicesByNamespace": services.list_by_namespace,
    "UpdateService": services.update,
    "DeleteService": services.delete,
    "ListTasks": tasks.list_arns,
    "DescribeTasks": tasks.describe,
    "StopTask": tasks.stop,
    "RunTask": running.run,
    "ExecuteCommand": running.execute,
    "UpdateTaskProtection": task_protection.update,
    "GetTaskProtection": task_protection.get,
    "ListServiceDeployments": service_deployments.list_briefs,
    "DescribeServiceDeployments": service_deployments.describe,
    "DescribeServiceRevisions": service_deployments.describe_revisions,
    "StopServiceDeployment": service_deployments.stop,
    "TagResource": tags.tag,
    "UntagResource": tags.untag,
    "ListTagsForResource": tags.list_tags,
}
