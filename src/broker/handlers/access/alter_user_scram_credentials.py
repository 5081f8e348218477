"""
AlterUserScramCredentials (key 51), version 0 (KIP-554).

Behaviour:
- Sets and removes users' passwords for SCRAM. What is sent is the salted password, made by the client; kept is what checks a proof. All that can be
  done of a request is stored in one transaction, and in force when the answer is sent: sessions that rest on what is gone end.
- A user can be named once; what cannot be is refused by itself.
- Needs ALTER on the cluster.
- Refused besides what Apache Kafka refuses: an empty salt, a salted password of another length than the mechanism makes it, names of more than
  512 characters.
"""

from typing import Any

from broker.errors import BrokerError
from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.alter_user_scram_credentials import (
    AlterUserScramCredentialsRequest,
    AlterUserScramCredentialsRequestScramCredentialDeletion,
    AlterUserScramCredentialsRequestScramCredentialUpsertion,
    AlterUserScramCredentialsResponse,
    AlterUserScramCredentialsResult,
)
from security.acls.kinds import Operation
from security.sasl.scram_credentials import (
    MECHANISMS,
    ScramCredential,
    ScramMechanism,
    UnacceptableCredential,
    credential_name,
    from_salted_password,
    name_problem,
)

Key = tuple[ScramMechanism, str]
Deletion = AlterUserScramCredentialsRequestScramCredentialDeletion
Upsertion = AlterUserScramCredentialsRequestScramCredentialUpsertion


async def handle(
    request: AlterUserScramCredentialsRequest, context: RequestContext
) -> AlterUserScramCredentialsResponse:
    require_on_cluster(context, Operation.ALTER)
    credentials = context.services.credentials
    changes: dict[str, tuple[Key, ScramCredential | None]] = {}
    errors: dict[str, BrokerError] = {}
    for each in _alterations(request):
        # Of a user that is named more than once nothing is done; the first thing that is wrong is what is said.
        if each.name in errors:
            continue
        try:
            if changes.pop(each.name, None) is not None:
                raise BrokerError(
                    ErrorCode.DUPLICATE_RESOURCE, "A user credential cannot be altered twice in the same request"
                )
            key = _checked(each.name, each.mechanism)
            if isinstance(each, Upsertion):
                changes[each.name] = key, _credential(key[0], each)
            elif key[0] in credentials.of(each.name):
                changes[each.name] = key, None
            else:
                raise BrokerError(
                    ErrorCode.RESOURCE_NOT_FOUND, "Attempt to delete a user credential that does not exist"
                )
        except BrokerError as error:
            errors[each.name] = error
    deleted = [key for key, credential in changes.values() if credential is None]
    upserted = {key: credential for key, credential in changes.values() if credential is not None}
    before = {key: _facts(key, credentials.of(key[1]).get(key[0])) for key in (*deleted, *upserted)}
    await credentials.change(upserted, deleted)
    for key, facts in before.items():
        context.changed(f"user {credential_name(*key)}", facts, _facts(key, upserted.get(key)))
    done = [_result(user, ErrorCode.NONE, None) for _, user in (*deleted, *upserted)]
    return AlterUserScramCredentialsResponse(
        results=done + [_result(user, error.code, error.message) for user, error in errors.items()]
    )


def _alterations(request: AlterUserScramCredentialsRequest) -> list[Deletion | Upsertion]:
    return [*request.deletions, *request.upsertions]


def _checked(user: str, code: int) -> Key:
    if (problem := name_problem(user)) is not None:
        raise BrokerError(ErrorCode.UNACCEPTABLE_CREDENTIAL, problem)
    if code not in MECHANISMS:
        raise BrokerError(ErrorCode.UNSUPPORTED_SASL_MECHANISM, "Unknown SCRAM mechanism")
    return ScramMechanism(code), user


def _credential(mechanism: ScramMechanism, upsertion: Upsertion) -> ScramCredential:
    try:
        return from_salted_password(
            mechanism, bytes(upsertion.salted_password), bytes(upsertion.salt), upsertion.iterations
        )
    except UnacceptableCredential as problem:
        raise BrokerError(ErrorCode.UNACCEPTABLE_CREDENTIAL, str(problem)) from None


def _facts(key: Key, credential: ScramCredential | None) -> dict[str, Any] | None:
    return None if credential is None else {"mechanism": key[0].sasl_name, "iterations": credential.iterations}


def _result(user: str, code: int, message: str | None) -> AlterUserScramCredentialsResult:
    return AlterUserScramCredentialsResult(user=user, error_code=code, error_message=message)


def refuse(
    request: AlterUserScramCredentialsRequest, context: RequestContext, code: int, message: str | None
) -> AlterUserScramCredentialsResponse:
    users = dict.fromkeys(each.name for each in _alterations(request))
    return AlterUserScramCredentialsResponse(results=[_result(user, code, message) for user in users])


HANDLER = Handler(
    key=ApiKey.ALTER_USER_SCRAM_CREDENTIALS,
    name="alter_user_scram_credentials",
    versions=range(1),
    handle=handle,
    refuse=refuse,
)
