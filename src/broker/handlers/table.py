"""Every API key the broker answers. ApiVersions, metrics and the docs are built from this table."""

from broker.handlers.access import create_acls, delete_acls, describe_acls
from broker.handlers.base import Handler
from broker.handlers.cluster import (
    alter_partition_reassignments,
    describe_cluster,
    describe_log_dirs,
    describe_topic_partitions,
    elect_leaders,
    list_partition_reassignments,
    metadata,
)
from broker.handlers.configs import alter_configs, describe_configs, incremental_alter_configs, list_config_resources
from broker.handlers.data import delete_records, fetch, list_offsets, offset_for_leader_epoch, produce
from broker.handlers.groups import (
    alter_share_group_offsets,
    consumer_group_describe,
    consumer_group_heartbeat,
    delete_groups,
    delete_share_group_offsets,
    describe_groups,
    describe_share_group_offsets,
    find_coordinator,
    heartbeat,
    join_group,
    leave_group,
    list_groups,
    offset_commit,
    offset_delete,
    offset_fetch,
    share_group_describe,
    share_group_heartbeat,
    sync_group,
    txn_offset_commit,
)
from broker.handlers.producers import describe_producers, init_producer_id
from broker.handlers.session import api_versions
from broker.handlers.shares import share_acknowledge, share_fetch
from broker.handlers.telemetry import get_telemetry_subscriptions, push_telemetry
from broker.handlers.topics import create_partitions, create_topics, delete_topics
from broker.handlers.transactions import (
    add_offsets_to_txn,
    add_partitions_to_txn,
    describe_transactions,
    end_txn,
    list_transactions,
    write_txn_markers,
)

HANDLERS: tuple[Handler, ...] = (
    add_offsets_to_txn.HANDLER,
    add_partitions_to_txn.HANDLER,
    alter_configs.HANDLER,
    alter_partition_reassignments.HANDLER,
    alter_share_group_offsets.HANDLER,
    api_versions.HANDLER,
    consumer_group_describe.HANDLER,
    consumer_group_heartbeat.HANDLER,
    create_acls.HANDLER,
    create_partitions.HANDLER,
    create_topics.HANDLER,
    delete_acls.HANDLER,
    delete_groups.HANDLER,
    delete_records.HANDLER,
    delete_share_group_offsets.HANDLER,
    delete_topics.HANDLER,
    describe_acls.HANDLER,
    describe_cluster.HANDLER,
    describe_configs.HANDLER,
    describe_groups.HANDLER,
    describe_log_dirs.HANDLER,
    describe_producers.HANDLER,
    describe_share_group_offsets.HANDLER,
    describe_topic_partitions.HANDLER,
    describe_transactions.HANDLER,
    elect_leaders.HANDLER,
    end_txn.HANDLER,
    fetch.HANDLER,
    find_coordinator.HANDLER,
    get_telemetry_subscriptions.HANDLER,
    heartbeat.HANDLER,
    incremental_alter_configs.HANDLER,
    init_producer_id.HANDLER,
    join_group.HANDLER,
    leave_group.HANDLER,
    list_config_resources.HANDLER,
    list_groups.HANDLER,
    list_offsets.HANDLER,
    list_partition_reassignments.HANDLER,
    list_transactions.HANDLER,
    metadata.HANDLER,
    offset_commit.HANDLER,
    offset_delete.HANDLER,
    offset_fetch.HANDLER,
    offset_for_leader_epoch.HANDLER,
    produce.HANDLER,
    push_telemetry.HANDLER,
    share_acknowledge.HANDLER,
    share_fetch.HANDLER,
    share_group_describe.HANDLER,
    share_group_heartbeat.HANDLER,
    sync_group.HANDLER,
    txn_offset_commit.HANDLER,
    write_txn_markers.HANDLER,
)
assert len({handler.key for handler in HANDLERS}) == len(HANDLERS), "two handlers claim one API key"
