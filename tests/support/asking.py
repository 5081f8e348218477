"""Requests sent to a handler through the codec, both ways, as the server does."""

from inspect import isawaitable
from typing import Any

from broker.errors import BrokerError
from broker.handlers.base import Handler, RequestContext
from tests.support.topic_world import through_the_wire


async def asked(handler: Handler, request: Any, context: RequestContext) -> Any:
    """The answer as the client reads it."""
    version = context.api_version
    assert version in handler.versions
    request = through_the_wire(handler.key, version, request, "request")
    try:
        response = handler.handle(request, context)
        if isawaitable(response):
            response = await response
    except BrokerError as error:
        response = handler.refuse(request, context, error.code, error.message)
    return through_the_wire(handler.key, version, response, "response")
