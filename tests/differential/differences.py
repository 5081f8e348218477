"""Every difference from Apache Kafka that is meant, with its reason. A difference that is not here fails the test; one that is
here and no longer occurs fails it too."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Meant:
    """``where`` matches ``script:step.field`` (a regular expression, whole); ``kafka`` and ``penstock`` are values in words."""

    area: str
    where: str
    what: str
    kafka: str
    penstock: str
    reason: str

    def covers(self, path: str) -> bool:
        return re.fullmatch(self.where, path) is not None


def _steps(script: str, *steps: str) -> str:
    return f"{script}:(?:{'|'.join(steps)})[^a-z].*"


_CONNECTIONS = "Connections and versions"
_PRODUCE = "Produce"
_FETCH = "Fetch and ListOffsets"
_TOPICS = "Topics and the cluster"
_GROUPS = "Groups"
_TRANSACTIONS = "Transactions"
_METRICS = "Metrics of clients"
_CONFIGS = "Configuration"

MEANT: tuple[Meant, ...] = (
    Meant(
        _CONNECTIONS,
        "api_versions_errors:long",
        "a client's software name or version of more than 256 characters",
        "accepted",
        "INVALID_REQUEST",
        "Both end in logs, so they are bounded.",
    ),
    Meant(
        _CONNECTIONS,
        "api_versions_ranges:key_(?:18|28|42)",
        "ApiVersions, TxnOffsetCommit and DeleteGroups",
        "one version more",
        "ApiVersions to 4, TxnOffsetCommit to 5, DeleteGroups to 2",
        "The newest versions carry nothing that one broker needs; clients use the older ones by themselves.",
    ),
    Meant(
        _CONNECTIONS,
        "api_versions_ranges:key_22",
        "InitProducerId",
        "to version 5",
        "to version 6",
        "Version 6 (KIP-939) is not switched on in Apache Kafka yet; without two-phase commit it is version 5.",
    ),
    Meant(
        _CONNECTIONS,
        "nonsense:negative_array",
        "an array of a negative length other than -1",
        "taken as null",
        "the connection is closed",
        "No client sends it; a decoder that guesses hides errors.",
    ),
    Meant(
        _CONNECTIONS,
        "nonsense:bad_utf8",
        "a string that is not UTF-8",
        "broken characters are replaced",
        "the connection is closed",
        "Two different names must not become the same one.",
    ),
    Meant(
        _CONNECTIONS,
        "frames:client_id_negative",
        "a client id of a negative length other than -1",
        "taken as null",
        "the connection is closed",
        "As above.",
    ),
    Meant(
        _CONNECTIONS,
        "frames:(?:tags_out_of_order|same_tag_twice)",
        "tagged fields out of order, or one twice",
        "accepted",
        "the connection is closed",
        "KIP-482 demands ascending tags.",
    ),
    Meant(
        _PRODUCE,
        r"produce_(?:refused|idempotent):\w+\.responses\[\]\.partition_responses\[\]\.error_message",
        "error_message of a partition that is refused as a whole",
        "null",
        "says why",
        "It helps who reads the client's log.",
    ),
    Meant(
        _PRODUCE,
        r"produce_idempotent:old_duplicate\.responses\[\]\.partition_responses\[\]\.error_code",
        "a batch of an idempotent producer from before its last five",
        "OUT_OF_ORDER_SEQUENCE_NUMBER",
        "DUPLICATE_SEQUENCE_NUMBER",
        "The batch is in the log. Clients take this code as that; the other makes them give up on it.",
    ),
    Meant(
        _PRODUCE,
        _steps(
            "odd_batches",
            *("count_too_low_with_delta", "count_too_high_with_delta", "length_short", "says_gzip", "says_zstd"),
            *("key_too_long", "key_very_negative", "null_header_key", "negative_headers", "too_many_headers"),
            *("record_length_short", "bytes_after_record", "long_varint"),
        ),
        "a batch whose checksum and header are right while the records inside are damaged",
        "INVALID_RECORD or UNKNOWN_SERVER_ERROR: every record is decoded",
        "accepted, given back as it came",
        "Only headers are read while nothing asks for more (see the decision on validation in `broker/log/validation.py`), "
        "unless the setting `check_records` is on: then it is INVALID_RECORD. Damage "
        "that carries a right checksum was made by the producer. The consumer finds it and stands still there until it is moved "
        "past the batch: the Java client throws (`Received exception when fetching the next record`), kafka-python raises "
        "CorruptRecordError, librdkafka says nothing. Where only the header's count of records is wrong, librdkafka reads "
        "on with the records that are there, so an offset may be missing or come twice.",
    ),
    Meant(
        _PRODUCE,
        r"odd_compressed_batches:codec_\d_\w+/error_code",
        "a compressed batch whose checksum and header are right while the compressed bytes are damaged",
        "INVALID_RECORD or UNKNOWN_SERVER_ERROR",
        "accepted, given back as it came",
        "As above: compressed data is passed through untouched. The consumer stands still there and says that it cannot be "
        "decompressed (librdkafka: `_BAD_COMPRESSION`).",
    ),
    Meant(
        _PRODUCE,
        r"odd_batches:(?:max_timestamp_future|no_timestamps|negative_timestamps)/read",
        "a maximum timestamp in the header that is not that of the records",
        "put right",
        "kept",
        "As above: the records' own timestamps are not looked at.",
    ),
    Meant(
        _PRODUCE,
        "odd_batches:codec_[57]/error_code",
        "a codec that does not exist",
        "UNKNOWN_SERVER_ERROR",
        "UNSUPPORTED_COMPRESSION_TYPE",
        "Says what is wrong.",
    ),
    Meant(
        _PRODUCE,
        "odd_batches:transactional/error_code",
        "a transactional batch in a request without a transactional id",
        "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
        "INVALID_RECORD",
        "It has no producer id either, which is seen before it is asked whose it is.",
    ),
    Meant(
        _PRODUCE,
        "odd_batches:delete_horizon/read",
        "the attribute that marks a compacted batch, set by a producer",
        "kept",
        "taken away",
        "It is the broker's to set.",
    ),
    Meant(
        _PRODUCE,
        "odd_batches:producer_without_epoch/.*",
        "a batch with a producer id and a sequence but no epoch",
        "accepted",
        "INVALID_RECORD",
        "Such a producer could never be fenced.",
    ),
    Meant(
        _PRODUCE,
        r"same_partition_twice:errors.*",
        "a partition twice in one request",
        "only the last batch is appended, and answered",
        "only the first batch is appended; the others are answered INVALID_REQUEST",
        "Nothing is dropped in silence.",
    ),
    Meant(
        _FETCH,
        r"fetch_limits:(?:partition|request)_between.*",
        "the bytes up to the limit",
        "the last batch may be cut off in the middle",
        "whole batches only",
        "Clients throw the cut batch away and fetch it again.",
    ),
    Meant(
        _FETCH,
        r"fetch_limits:(?:partition|request)_negative.*",
        "negative limits",
        "UNKNOWN_SERVER_ERROR for the partitions",
        "taken as 0: the first batch comes",
        "What a limit of 0 does is defined; no client sends less.",
    ),
    Meant(
        _FETCH,
        r"list_offsets_refused:twice.*",
        "a partition twice in one ListOffsets request",
        "INVALID_REQUEST, once",
        "INVALID_REQUEST for each mention",
        "An answer has as many entries as the question.",
    ),
    Meant(
        _FETCH,
        r"list_offsets_refused:nonsense_isolation.*",
        "an isolation level that does not exist",
        "UNKNOWN_SERVER_ERROR",
        "taken as read_uncommitted",
        "Everything but 1 is read_uncommitted.",
    ),
    Meant(
        _FETCH,
        r"list_offsets_refused:max_all_deleted.*",
        "the greatest timestamp of a partition whose records are all deleted",
        "that of a record that can no longer be read",
        "none",
        "The record is gone.",
    ),
    Meant(
        _TOPICS,
        r"create_topics:validate_only\.topics\[\]\.topic_id",
        "topic id in the answer to CreateTopics with validate_only",
        "an id that no topic will ever have",
        "none",
        "No topic was made.",
    ),
    Meant(
        _TOPICS,
        "create_topics_replication:three.*",
        "a replication factor above the number of brokers",
        "INVALID_REPLICATION_FACTOR",
        "accepted and reported",
        "Data is kept by the store, not by copies on brokers; whoever manages topics with a factor of 3 keeps what was declared "
        "(docs/decisions/0003-replication-factor.md).",
    ),
    Meant(
        _TOPICS,
        r"metadata_by_id:null_name\..*error_code",
        "Metadata for a topic without name and id",
        "UNKNOWN_SERVER_ERROR",
        "INVALID_REQUEST",
        "Says what is wrong.",
    ),
    Meant(
        _TOPICS,
        r"describe_topic_partitions:empty_name\..*",
        "DescribeTopicPartitions for the empty name",
        "UNKNOWN_SERVER_ERROR",
        "INVALID_TOPIC_EXCEPTION",
        "As for every other name that cannot be a topic's.",
    ),
    Meant(
        _GROUPS,
        r"(?:nobody_joined|no_offsets_are_left):(?:after_described|after_listed|deleted)\b.*",
        "a group that nobody is in and nothing is stored of: its only member was given an id and never came back with it, or its "
        "last offset was deleted",
        "Empty until the next clean-up (`offsets.retention.check.interval.ms`: ten minutes), then gone",
        "gone at once: Dead, not listed, GROUP_ID_NOT_FOUND for who deletes it",
        "What never was, or is no more, takes no memory (docs/decisions/0007-group-coordinator.md).",
    ),
    Meant(
        _GROUPS,
        r"consumer_group_refused:pattern_boundary",
        "`\\b`, `\\B`, `\\p` and `\\C` in a pattern of topic names that members subscribe with",
        "taken (RE2)",
        "INVALID_REGULAR_EXPRESSION",
        "They say nothing about topic names. The rest of RE2's syntax is matched in linear time, up to 2,000 characters and 4,000 states "
        "(`broker/linear_pattern.py`).",
    ),
    Meant(
        _TRANSACTIONS,
        r"transactional_ids_listed:long.*",
        "ListTransactions for those that are open longer than so long",
        "also transactional ids that have nothing open",
        "only what is open",
        "What is not open does not last; it is asked for to find what hangs.",
    ),
    Meant(
        _METRICS,
        r"client_metrics:after_the_last_again\.error_code",
        "the second push after a client's last one",
        "accepted",
        "INVALID_REQUEST, like the first",
        "The last push is the last.",
    ),
    Meant(
        _METRICS,
        r"client_metrics:\w+\.delta_temporality",
        "how sums are asked for",
        "what was added since the last push",
        "the whole sum",
        "That is what Prometheus expects, and a push that is lost then loses nothing (docs/decisions/0012-client-metrics.md).",
    ),
    Meant(
        _GROUPS,
        r"share_group:joins",
        "the answer to the first member of a share group",
        "no partition; it has them some heartbeats later, when a state was made for them, in another epoch",
        "its partitions",
        "The state is made before the answer (docs/decisions/0010-share-groups.md).",
    ),
    Meant(
        _GROUPS,
        r"share_fetch:(?:offsets|all_read\.start_offset)",
        "the start offset of a share group that has acknowledged records since its state was written last",
        "that of the last write, which may be some acknowledgements behind",
        "the first record that is not done with",
        "What is told is what is true when it is asked for.",
    ),
    Meant(
        _GROUPS,
        r"share_sessions:no_member_of_the_group",
        "a share fetch of a partition that no member of the group was ever given",
        "UNKNOWN_SERVER_ERROR",
        "UNKNOWN_TOPIC_OR_PARTITION",
        "Only members begin partitions (docs/decisions/0010-share-groups.md); it is no error of the broker.",
    ),
    Meant(
        _GROUPS,
        r"share_acquire_modes:exact_next",
        "records next to each other, of two batches, in acquire mode 1",
        "a range for each, where the first of them had been given in part before",
        "one range",
        "Ranges end where batch_size is reached, whatever was given before.",
    ),
    Meant(
        _GROUPS,
        r"share_acquire_modes:unknown_mode\.error_code",
        "a share fetch in an acquire mode that there is not",
        "UNKNOWN_SERVER_ERROR",
        "INVALID_REQUEST",
        "It is the client's error.",
    ),
    Meant(
        _CONFIGS,
        r"share_group_configs:dead_letters",
        "errors.deadletterqueue.topic.name of a group",
        "accepted (KIP-1191)",
        "INVALID_CONFIG, but for none",
        "Dead-letter queues are not served; who names one must not believe to have it.",
    ),
    Meant(
        _GROUPS,
        r"share_group_refused:epoch_before_assigned.*",
        "the partitions of a member of a share group that says the epoch before its own",
        "not told",
        "told once more",
        "The answer that told it got lost; it would be without these partitions until the next change of the group.",
    ),
    Meant(
        _CONFIGS,
        r"\w+:\w+/min\.insync\.replicas(?:[.\[].*)?",
        "source of min.insync.replicas",
        "a dynamic default of all brokers",
        "the built-in default",
        "Apache Kafka writes the setting into its metadata when a cluster is formatted with eligible leader replicas (KIP-966).",
    ),
    Meant(
        _CONFIGS,
        r"describe_broker_configs:\w+/sasl\.enabled\.mechanisms\.(?:value|synonyms\[\]\.value)",
        "default of sasl.enabled.mechanisms",
        "GSSAPI",
        "SCRAM-SHA-256,SCRAM-SHA-512",
        "Kerberos is not served.",
    ),
    Meant(
        _CONFIGS,
        r"describe_broker_configs:\w+/sasl\.enabled\.mechanisms\.read_only",
        "whether sasl.enabled.mechanisms can be changed while the broker runs",
        "yes",
        "no",
        "Listeners are set up when the broker starts.",
    ),
    Meant(
        _CONFIGS,
        r"describe_broker_configs:\w+/sasl\.server\.max\.receive\.size\.(?:value|synonyms\[\]\.value)",
        "default of sasl.server.max.receive.size",
        "524288",
        "65536",
        "Nobody who has not logged in needs more.",
    ),
    Meant(
        _CONFIGS,
        r"describe_broker_configs:\w+/node\.id\.synonyms.*",
        "default of node.id",
        "none",
        "1",
        "One broker needs no number given.",
    ),
    Meant(
        _CONFIGS,
        r"describe_configs:group/(?:streams|errors)\..*",
        "settings of groups",
        "those of consumer, share and streams groups",
        "those of consumer and share groups",
        "The others come with streams groups, in a later release.",
    ),
    Meant(
        _CONFIGS,
        r"(?:create_topics_bad_configs:|alter_topic_configs_refused:value_)(?:ratio_nan)[.\[].*",
        "min.cleanable.dirty.ratio of NaN",
        "accepted",
        "INVALID_CONFIG",
        "It is not between 0 and 1.",
    ),
    Meant(
        _CONFIGS,
        r"(?:create_topics_bad_configs:|alter_topic_configs_refused:value_)(?:internal_segment)[.\[].*",
        "internal.segment.bytes",
        "accepted",
        "INVALID_CONFIG",
        "It exists for Apache Kafka's own tests.",
    ),
)

_ACCESS = "Access"

MEANT_OF_ACCESS: tuple[Meant, ...] = (
    Meant(
        _ACCESS,
        "acls_with_unknown_codes:.*",
        "rules and filters with codes that stand for nothing, and rules with ANY or MATCH",
        "the connection is closed; UNKNOWN_SERVER_ERROR for all rules of the request",
        "INVALID_REQUEST, for that rule or filter",
        "The client is told why; no other request on its connection is lost.",
    ),
)
"""Seen where rules are in force (test_access.py)."""
