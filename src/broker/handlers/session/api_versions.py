"""
ApiVersions (key 18), versions 0-4.

Behaviour:
- Lists exactly what this broker serves, from the table of handlers, so it cannot promise what is not there.
- Produce is listed from version 0 although 3 is the first that works, as Apache Kafka does (KAFKA-18659): librdkafka before 2.11.1
  otherwise turns compression off.
- The feature transaction.version is finalized at 2 (KIP-890): producers that know it have an epoch for each transaction and do not
  send AddPartitionsToTxn or AddOffsetsToTxn. share.version is finalized at 1 (KIP-932): share groups, without dead-letter queues,
  which would be 2. There are no other features.
- Before logging in it is answered once.
- A version newer than known is answered with UNSUPPORTED_VERSION in the body of version 0 and what this key itself supports
  (KIP-511), so that the client can step down.

Versions:
- v3: flexible; carries the client's software name and version (KIP-511), which are checked and kept with the connection.
- v4: features may begin with version 0, which older clients take for an error; before, 1 is said (KAFKA-17011).
"""

import re
from functools import cache
from typing import Any, Final

from broker.handlers.base import Handler, LastAnswer, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.api_versions import (
    ApiVersionsRequest,
    ApiVersionsResponse,
    ApiVersionsResponseApiVersion,
    ApiVersionsResponseFinalizedFeatureKey,
    ApiVersionsResponseSupportedFeatureKey,
)

_SOFTWARE: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]{0,254}[a-zA-Z0-9])?")
"""KIP-511's rule for a software name or version; bounded here because both end in logs."""


_FEATURES: Final = (("share.version", 1, ApiKey.SHARE_GROUP_HEARTBEAT), ("transaction.version", 2, ApiKey.END_TXN))
"""Name, level, and the key without which it is not promised."""

_FEATURES_EPOCH: Final = 0
"""Features never change while a broker runs; clients only want it not to be negative."""


@cache
def _listed(served: tuple[Handler, ...]) -> list[ApiVersionsResponseApiVersion]:
    keys = []
    for handler in sorted(served, key=lambda h: h.key):
        versions = handler.advertised or handler.versions
        keys.append(
            ApiVersionsResponseApiVersion(api_key=handler.key, min_version=versions.start, max_version=versions.stop - 1)
        )
    return keys


def handle(request: ApiVersionsRequest, context: RequestContext) -> ApiVersionsResponse:
    name, version = request.client_software_name, request.client_software_version
    if context.api_version >= 3 and not (_SOFTWARE.fullmatch(name) and _SOFTWARE.fullmatch(version)):
        return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
    login = context.connection.login
    if login is not None and not login.versions_told():
        raise LastAnswer("it asked for versions in the middle of logging in", refuse(request, context, ErrorCode.ILLEGAL_SASL_STATE, None))
    if context.api_version >= 3:
        context.connection.software_name = name
        context.connection.software_version = version
    answer = ApiVersionsResponse(error_code=0, api_keys=_listed(tuple(context.services.served)), throttle_time_ms=0)
    if context.api_version >= 3:
        _add_features(answer, context)
    return answer


def _add_features(answer: ApiVersionsResponse, context: RequestContext) -> None:
    """Only what is served may be promised."""
    served = {handler.key for handler in context.services.served}
    features = [(name, level) for name, level, key in _FEATURES if key in served]
    if not features:
        return
    answer.supported_features = [
        ApiVersionsResponseSupportedFeatureKey(
            name=name, min_version=0 if context.api_version >= 4 else 1, max_version=level
        )
        for name, level in features
    ]
    answer.finalized_features_epoch = _FEATURES_EPOCH
    answer.finalized_features = [
        ApiVersionsResponseFinalizedFeatureKey(name=name, max_version_level=level, min_version_level=level)
        for name, level in features
    ]


def refuse(request: Any, context: RequestContext, code: int, message: str | None) -> ApiVersionsResponse:
    own = [key for key in _listed(tuple(context.services.served)) if key.api_key == ApiKey.API_VERSIONS]
    return ApiVersionsResponse(
        error_code=code, api_keys=own if code == ErrorCode.UNSUPPORTED_VERSION else [], throttle_time_ms=0
    )


HANDLER = Handler(key=ApiKey.API_VERSIONS, name="api_versions", versions=range(5), handle=handle, refuse=refuse)
