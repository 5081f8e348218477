"""
ApiVersions (key 18), versions 0-4.

Behaviour:
- Lists exactly what this broker serves, from the table of handlers, so it cannot promise what is not there.
- Produce is listed from version 0 although 3 is the first that works, as Apache Kafka does (KAFKA-18659): librdkafka before 2.11.1
  otherwise turns compression off.
- A version newer than known is answered with UNSUPPORTED_VERSION in the body of version 0 and what this key itself supports
  (KIP-511), so that the client can step down.

Versions:
- v3: flexible; carries the client's software name and version (KIP-511), which are checked and kept with the connection.
- v4: fixes a client bug about minimum versions of features; same layout.
"""

import re
from functools import cache
from typing import Any, Final

from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.api_versions import ApiVersionsRequest, ApiVersionsResponse, ApiVersionsResponseApiVersion

_SOFTWARE: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]{0,254}[a-zA-Z0-9])?")
"""KIP-511's rule for a software name or version; bounded here because both end in logs."""


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
    if context.api_version >= 3:
        name, version = request.client_software_name, request.client_software_version
        if not _SOFTWARE.fullmatch(name) or not _SOFTWARE.fullmatch(version):
            return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
        context.connection.software_name = name
        context.connection.software_version = version
    return ApiVersionsResponse(error_code=0, api_keys=_listed(tuple(context.services.served)), throttle_time_ms=0)


def refuse(request: Any, context: RequestContext, code: int, message: str | None) -> ApiVersionsResponse:
    own = [key for key in _listed(tuple(context.services.served)) if key.api_key == ApiKey.API_VERSIONS]
    return ApiVersionsResponse(
        error_code=code, api_keys=own if code == ErrorCode.UNSUPPORTED_VERSION else [], throttle_time_ms=0
    )


HANDLER = Handler(key=ApiKey.API_VERSIONS, name="api_versions", versions=range(5), handle=handle, refuse=refuse)
