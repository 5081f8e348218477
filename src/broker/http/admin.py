"""The admin API over HTTP, under ``/v1/``. It answers questions and changes nothing.

Whom it answers is for a guard to say: who has shown who it is, and else this machine only, and no web page that a browser on it shows. Users see rules only where
they may see them by Kafka's requests as well. Such a page can have its own
name resolve to this machine, and then the request's Host is that name.
"""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from broker.admin.access_keeper import AccessKeeper
from broker.http.doors import TOKEN, identity_of
from broker.http.explanation import ANY_HOST, BadQuestion, answer, read_question
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType
from security.identity import NO_MECHANISM
from security.principal import ANONYMOUS

Guard = Callable[[Request], Awaitable[Response | None]]
"""What to answer instead, None when the request is to be served."""


async def known_or_local(request: Request) -> Response | None:
    """Serves who has shown who it is, and who is on this machine."""
    if identity_of(request.scope).principal != ANONYMOUS:
        return None
    client = request.client.host if request.client is not None else ""
    if _is_loopback(client) and _is_loopback(request.url.hostname or ""):
        return None
    return _failed(403, "without authentication the admin API serves this machine only")


def admin_routes(access: AccessKeeper, guard: Guard = known_or_local) -> list[Route]:
    """What is served under ``/v1/``."""

    async def explain(request: Request) -> Response:
        refused = await guard(request)
        if refused is not None:
            return refused
        if not _may_see_rules(request, access):
            return _failed(403, "asking for rules needs DESCRIBE on the cluster")
        try:
            question = read_question(dict(request.query_params), request.query_params.getlist("group"))
        except BadQuestion as error:
            return _failed(400, str(error))
        decision = access.explain(
            question.identity, question.host or ANY_HOST, question.operation, question.resource_type, question.name
        )
        return JSONResponse(answer(question, decision), headers={"Cache-Control": "no-store"})

    return [Route("/v1/acls/explain", explain, methods=["GET"])]


def _may_see_rules(request: Request, access: AccessKeeper) -> bool:
    """Users who ask as themselves need what DescribeAcls needs. A token of the HTTP surface is its operator's, and so is this machine."""
    identity = identity_of(request.scope)
    if identity.mechanism in (NO_MECHANISM, TOKEN):
        return True
    host = request.client.host if request.client is not None else ANY_HOST
    return access.allows(identity, host, Operation.DESCRIBE, ResourceType.CLUSTER, CLUSTER_NAME)


def _failed(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status_code=status, headers={"Cache-Control": "no-store"})


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
