"""
DeleteTopics (key 20), versions 1-6.

Behaviour:
- The name is free and the data unreachable when the answer is sent; what groups committed for the topic goes with it. Disk space
  follows in the background.
- A topic that is named twice, by name or id or one of each, is not deleted at all.
- A topic's partitions count against ``controller_mutation_rate``; strictly from version 5 on, see CreateTopics.
- Needs DELETE on the cluster, or on each topic. Without DESCRIBE as well it is not said whether there is a topic of that name, nor of which name the topic
  with that id is.
- Refused altogether when ``delete.topic.enable`` is false.

Versions:
- v3: TOPIC_DELETION_DISABLED instead of INVALID_REQUEST. v4: flexible. v5: error messages (KIP-599). v6: by id (KIP-516).
"""

from collections import Counter
from dataclasses import dataclass

from anyio import CancelScope

from broker.cluster.directory import TopicState
from broker.errors import BrokerError
from broker.handlers.authorization import TOPIC_DENIED
from broker.handlers.base import Handler, RequestContext
from broker.model import ZERO_UUID
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.delete_topics import (
    DeleteTopicsRequest,
    DeleteTopicsResponse,
    DeleteTopicsResponseDeletableTopicResult,
)
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType

FIRST_VERSION_WITH_DISABLED_ERROR = 3
FIRST_VERSION_WITH_IDS = 6
FIRST_STRICT_VERSION = 5


@dataclass(frozen=True, slots=True)
class _Asked:
    """A topic as the request names it."""

    name: str | None
    topic_id: bytes


async def handle(request: DeleteTopicsRequest, context: RequestContext) -> DeleteTopicsResponse:
    if not context.services.settings.current.delete_topic_enable:
        if context.api_version < FIRST_VERSION_WITH_DISABLED_ERROR:
            raise BrokerError(ErrorCode.INVALID_REQUEST, "Topic deletion is disabled.")
        raise BrokerError(ErrorCode.TOPIC_DELETION_DISABLED)
    is_free = context.sees(Operation.DELETE, ResourceType.CLUSTER, CLUSTER_NAME)
    counted = Counter(_asked(request, context.api_version))
    mutations = context.mutations(FIRST_STRICT_VERSION)
    responses = []
    for asked, times in counted.items():
        try:
            state = _found(asked, times, context, is_free=is_free)
            if not is_free and not context.allows(Operation.DELETE, ResourceType.TOPIC, state.name):
                responses.append(_denied(asked, state, context))
                continue
            twin = _twin(state, asked)
            if counted[twin]:
                # Answered once, by the entry with the name (unless that one is out by itself).
                if asked.name is not None:
                    responses.append(_named_twice(state))
                    continue
                if counted[twin] == 1:
                    continue
            mutations.take(len(state.pids))
            responses.append(await _delete(state, context))
        except BrokerError as error:
            responses.append(_result(asked.name, asked.topic_id, error.code, error.message))
    return DeleteTopicsResponse(responses=responses, throttle_time_ms=mutations.throttle_ms())


def _asked(request: DeleteTopicsRequest, version: int) -> list[_Asked]:
    if version < FIRST_VERSION_WITH_IDS:
        return [_Asked(name, ZERO_UUID) for name in request.topic_names]
    return [_Asked(topic.name, topic.topic_id) for topic in request.topics]


def _found(asked: _Asked, times: int, context: RequestContext, *, is_free: bool) -> TopicState:
    """The topic; ``is_free``: whether the client may delete any. Of a name that it must not know of it is not said whether there is a topic."""
    directory = context.services.directory
    name, topic_id = asked.name, asked.topic_id
    if name is not None and topic_id != ZERO_UUID:
        raise BrokerError(ErrorCode.INVALID_REQUEST, "You may not specify both topic name and topic id.")
    if name is None and topic_id == ZERO_UUID:
        raise BrokerError(ErrorCode.INVALID_REQUEST, "Neither topic name nor id were specified.")
    if times > 1:
        raise BrokerError(ErrorCode.INVALID_REQUEST, f"Duplicate topic {'id' if name is None else 'name'}.")
    if name is not None and not is_free and not context.allows(Operation.DESCRIBE, ResourceType.TOPIC, name):
        raise BrokerError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, TOPIC_DENIED)
    state = directory.by_id(topic_id) if name is None else directory.by_name(name)
    if state is not None:
        return state
    if name is None:
        raise BrokerError(ErrorCode.UNKNOWN_TOPIC_ID, "This server does not host this topic ID.")
    raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic-partition.")


def _denied(asked: _Asked, state: TopicState, context: RequestContext) -> DeleteTopicsResponseDeletableTopicResult:
    name = asked.name
    if name is None and context.sees(Operation.DESCRIBE, ResourceType.TOPIC, state.name):
        name = state.name
    return _result(name, asked.topic_id, ErrorCode.TOPIC_AUTHORIZATION_FAILED, TOPIC_DENIED)


def _twin(state: TopicState, asked: _Asked) -> _Asked:
    """How the request would name the same topic the other way."""
    return _Asked(state.name, ZERO_UUID) if asked.name is None else _Asked(None, state.topic_id)


async def _delete(state: TopicState, context: RequestContext) -> DeleteTopicsResponseDeletableTopicResult:
    # The groups' offsets must go with the topic even if the client does not wait: they would fit a new topic of that name.
    with CancelScope(shield=True):
        await context.services.topics.delete(state.topic_id)
        context.services.groups.forget_topic(state.name, state.topic_id)
        context.changed(f"topic:{state.name}", {"partitions": len(state.pids), "config": dict(state.topic.config)}, None)
    return DeleteTopicsResponseDeletableTopicResult(name=state.name, topic_id=state.topic_id)


def _named_twice(state: TopicState) -> DeleteTopicsResponseDeletableTopicResult:
    message = "The provided topic name maps to an ID that was already supplied."
    return _result(state.name, state.topic_id, ErrorCode.INVALID_REQUEST, message)


def _result(
    name: str | None, topic_id: bytes, code: int, message: str | None
) -> DeleteTopicsResponseDeletableTopicResult:
    return DeleteTopicsResponseDeletableTopicResult(
        name=name, topic_id=topic_id, error_code=code, error_message=message
    )


def refuse(
    request: DeleteTopicsRequest, context: RequestContext, code: int, message: str | None
) -> DeleteTopicsResponse:
    return DeleteTopicsResponse(
        responses=[
            _result(asked.name, asked.topic_id, code, message) for asked in _asked(request, context.api_version)
        ]
    )


HANDLER = Handler(
    key=ApiKey.DELETE_TOPICS, name="delete_topics", versions=range(1, 7), handle=handle, refuse=refuse
)
