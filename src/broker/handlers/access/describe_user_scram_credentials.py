"""
DescribeUserScramCredentials (key 50), version 0 (KIP-554).

Behaviour:
- Says of users by which mechanisms of SCRAM they can log in, and with how many iterations their passwords are kept; nothing else of them.
- No users named means all, in order. One that is not there, or is named twice, is refused by itself.
- Needs DESCRIBE on the cluster.
"""

from collections import Counter

from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_user_scram_credentials import (
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse,
    DescribeUserScramCredentialsResponseCredentialInfo,
    DescribeUserScramCredentialsResult,
)
from security.acls.kinds import Operation


def handle(
    request: DescribeUserScramCredentialsRequest, context: RequestContext
) -> DescribeUserScramCredentialsResponse:
    require_on_cluster(context, Operation.DESCRIBE)
    if not request.users:
        asked = Counter(sorted(context.services.credentials))
    else:
        asked = Counter(user.name for user in request.users)
    return DescribeUserScramCredentialsResponse(
        results=[_result(user, times, context) for user, times in asked.items()]
    )


def _result(user: str, times: int, context: RequestContext) -> DescribeUserScramCredentialsResult:
    if times > 1:
        message = f"Cannot describe SCRAM credentials for the same user twice in a single request: {user}"
        return DescribeUserScramCredentialsResult(
            user=user, error_code=ErrorCode.DUPLICATE_RESOURCE, error_message=message
        )
    found = context.services.credentials.of(user)
    if not found:
        message = f"Attempt to describe a user credential that does not exist: {user}"
        return DescribeUserScramCredentialsResult(
            user=user, error_code=ErrorCode.RESOURCE_NOT_FOUND, error_message=message
        )
    return DescribeUserScramCredentialsResult(
        user=user,
        credential_infos=[
            DescribeUserScramCredentialsResponseCredentialInfo(mechanism=mechanism, iterations=credential.iterations)
            for mechanism, credential in sorted(found.items())
        ],
    )


def refuse(
    request: DescribeUserScramCredentialsRequest, context: RequestContext, code: int, message: str | None
) -> DescribeUserScramCredentialsResponse:
    return DescribeUserScramCredentialsResponse(error_code=code, error_message=message)


HANDLER = Handler(
    key=ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS,
    name="describe_user_scram_credentials",
    versions=range(1),
    handle=handle,
    refuse=refuse,
)
