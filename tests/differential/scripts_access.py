"""Scripts about access: rules (ACLs), passwords of SCRAM users, delegation tokens.

Those of :data:`ACCESS_SCRIPTS` run where rules are in force and the client is a super user; the others where Kafka has no authorizer.
"""

import hashlib
from collections.abc import Callable
from itertools import product
from typing import Any

from broker.wire.messages.alter_user_scram_credentials import (
    AlterUserScramCredentialsRequest,
    AlterUserScramCredentialsRequestScramCredentialDeletion,
    AlterUserScramCredentialsRequestScramCredentialUpsertion,
)
from broker.wire.messages.create_acls import CreateAclsRequest, CreateAclsRequestAclCreation
from broker.wire.messages.create_delegation_token import (
    CreateDelegationTokenRequest,
    CreateDelegationTokenRequestCreatableRenewers,
)
from broker.wire.messages.delete_acls import DeleteAclsFilter, DeleteAclsRequest
from broker.wire.messages.describe_acls import DescribeAclsRequest
from broker.wire.messages.describe_delegation_token import DescribeDelegationTokenOwner, DescribeDelegationTokenRequest
from broker.wire.messages.describe_user_scram_credentials import (
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsRequestUserName,
)
from broker.wire.messages.expire_delegation_token import ExpireDelegationTokenRequest
from broker.wire.messages.renew_delegation_token import RenewDelegationTokenRequest
from tests.differential.raw_client import RawClient
from tests.differential.script import Script, Stage, script
from tests.support.waiting import wait_until

ANY, MATCH, LITERAL, PREFIXED = 1, 2, 3, 4
TOPIC, GROUP, CLUSTER, USER = 2, 3, 4, 7
DENY, ALLOW = 2, 3
READ, DESCRIBE, ALL, CREATE_TOKENS = 3, 8, 2, 13

ACCESS_SCRIPTS: list[Script] = []


def access_script(key: int, versions: range) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    """Register a script for brokers where rules are in force."""

    def register(run: Callable[[Stage], None]) -> Callable[[Stage], None]:
        ACCESS_SCRIPTS.append(Script(run.__name__, key, versions, run))
        return run

    return register


def creation(name: str, **fields: Any) -> CreateAclsRequestAclCreation:
    return CreateAclsRequestAclCreation(
        **{
            "resource_type": TOPIC, "resource_name": name, "resource_pattern_type": LITERAL, "principal": "User:ann", "host": "*",
            "operation": READ, "permission_type": ALLOW, **fields,
        }
    )


def wanted(**fields: Any) -> dict[str, Any]:
    return {
        "resource_type_filter": ANY, "resource_name_filter": None, "pattern_type_filter": ANY, "principal_filter": None, "host_filter": None,
        "operation": ANY, "permission_type": ANY, **fields,
    }


def create(client: RawClient, version: int, *creations: CreateAclsRequestAclCreation) -> Any:
    return client.call(30, version, CreateAclsRequest(creations=list(creations)))


def describe(client: RawClient, version: int, **fields: Any) -> Any:
    answer = client.call(29, version, DescribeAclsRequest(**wanted(**fields)))
    for resource in getattr(answer, "resources", ()):
        resource.acls.sort(key=lambda acl: (acl.principal, acl.host, acl.operation, acl.permission_type))
    if hasattr(answer, "resources"):
        answer.resources.sort(key=lambda resource: (resource.resource_type, resource.resource_name, resource.pattern_type))
    return answer


def delete(client: RawClient, version: int, *filters: dict[str, Any]) -> Any:
    answer = client.call(31, version, DeleteAclsRequest(filters=[DeleteAclsFilter(**each) for each in filters]))
    for result in getattr(answer, "filter_results", ()):
        result.matching_acls.sort(key=lambda acl: (acl.resource_type, acl.resource_name, acl.pattern_type, acl.principal, acl.host, acl.operation))
    return answer


@access_script(30, range(1, 4))
def acls_created(stage: Stage) -> None:
    """What can be a rule and what cannot, one by one and together; once more; and what is listed of it then."""
    client, name = stage.client(), stage.name("t")
    good = [
        creation(name),
        creation(name, resource_pattern_type=PREFIXED, permission_type=DENY),
        creation(name, principal="User:*", host="10.0.0.1", operation=ALL),
        creation(name, principal="Group:x", host="10.0.0.0/8"),
        creation(name, host="2001:db8::/32", operation=DESCRIBE),
        creation(name, host="10.1.2.3/16", operation=DESCRIBE),
        creation(name, host="not-an-address"),
        creation(name, resource_type=GROUP),
        creation(name, principal="User:CN=a,O=b:c"),
        creation(name, principal=f":{name}"),
    ]
    bad = [
        creation(""),
        creation(name, resource_type=CLUSTER),
        creation(name, principal="ann"),
        creation(name, principal=""),
        creation(name, host=""),
        creation(name, host="10.0.0.0/33"),
        creation(name, host="10.0.0.0/x"),
        creation(name, host="2001:db8::/129"),
        creation(name, host="host/8"),
    ]
    for number, each in enumerate((*good, *bad)):
        stage.record(f"one{number}", create(client, stage.version, each))
    stage.record("together", create(client, stage.version, *good, *bad))
    stage.record("none", create(client, stage.version))
    _wait_for(client, len(good), resource_name_filter=name)
    stage.record("listed", describe(client, 3, resource_name_filter=name))


@access_script(30, range(1, 4))
def acls_with_unknown_codes(stage: Stage) -> None:
    """Numbers that stand for nothing, or for more than one thing where one is needed."""
    client, name = stage.client(), stage.name("t")
    for field in ("resource_type", "resource_pattern_type", "operation", "permission_type"):
        stage.record(f"create_any_{field}", create(client, stage.version, creation(name, **{field: ANY})))
    stage.record("create_match", create(client, stage.version, creation(name, resource_pattern_type=MATCH)))
    for field in ("resource_type", "resource_pattern_type", "operation", "permission_type"):
        stage.record(f"create_{field}", create(client, stage.version, creation(name, **{field: 99})))
    for field in ("resource_type_filter", "pattern_type_filter", "operation", "permission_type"):
        stage.record(f"describe_{field}", describe(client, stage.version, **{field: 99}))
        stage.record(f"delete_{field}", delete(client, stage.version, wanted(**{field: 99})))
        stage.record(f"delete_zero_{field}", delete(client, stage.version, wanted(**{field: 0})))


def _wait_for(client: RawClient, count: int, **fields: Any) -> None:
    """Kafka's broker hears of what its controller did a moment later."""
    wait_until(
        lambda seen: seen == count,
        lambda: sum(len(resource.acls) for resource in describe(client, 3, **fields).resources),
    )


def _several(client: RawClient, name: str) -> None:
    create(
        client, 3,
        creation(name), creation(name, principal="User:bob", permission_type=DENY), creation(name, host="10.0.0.1"),
        creation(name[:-1], resource_pattern_type=PREFIXED), creation(name, resource_type=GROUP), creation(f"{name}x"),
        creation("User:x", resource_type=USER, operation=CREATE_TOKENS, principal=f"User:{name}"),
    )
    _wait_for(client, 1, principal_filter=f"User:{name}")
    _wait_for(client, 4, resource_name_filter=name)
    _wait_for(client, 5, resource_name_filter=name, pattern_type_filter=MATCH)
    _wait_for(client, 1, resource_name_filter=f"{name}x")


@access_script(29, range(1, 4))
def acls_listed(stage: Stage) -> None:
    """By each way of naming them. Rules for everything are of another run, and left alone."""
    client, name = stage.client(), stage.name("tt")
    _several(client, name)
    for pattern, resource in product((ANY, MATCH, LITERAL, PREFIXED), (name, name[:-1], f"{name}x", f"{name}xx")):
        step = f"pattern{pattern}_{resource.removeprefix(name[:-2])}"
        stage.record(step, describe(client, stage.version, pattern_type_filter=pattern, resource_name_filter=resource))
    for field, value in (
        ("principal_filter", "User:bob"), ("host_filter", "10.0.0.1"), ("operation", READ), ("operation", ALL), ("permission_type", DENY),
        ("resource_type_filter", GROUP), ("resource_type_filter", CLUSTER),
    ):
        stage.record(f"{field}_{value}", describe(client, stage.version, resource_name_filter=name, **{field: value}))
    stage.record("users", describe(client, stage.version, principal_filter=f"User:{name}"))


@access_script(31, range(1, 4))
def acls_deleted(stage: Stage) -> None:
    """By several filters at once that mean the same rules; and what is left then."""
    client, name = stage.client(), stage.name("tt")
    _several(client, name)
    named = {"resource_name_filter": name}
    filters = [wanted(**named, principal_filter="User:bob"), wanted(**named, permission_type=DENY), wanted(**named, host_filter="10.0.0.9")]
    stage.record("some", delete(client, stage.version, *filters))
    _wait_for(client, 3, **named)
    stage.record("left", describe(client, 3, **named))
    stage.record("matching", delete(client, stage.version, wanted(**named, pattern_type_filter=MATCH)))
    _wait_for(client, 0, **named, pattern_type_filter=MATCH)
    stage.record("left_then", describe(client, 3, **named))
    stage.record("again", delete(client, stage.version, wanted(**named, pattern_type_filter=MATCH)))
    stage.record("none", delete(client, stage.version))


@script(29, range(1, 4))
def acls_without_an_authorizer(stage: Stage) -> None:
    """Where no rules are in force there are none to administer."""
    client = stage.client()
    stage.record("describe", describe(client, stage.version))
    stage.record("create", create(client, stage.version, creation("t"), creation("")))
    stage.record("delete", delete(client, stage.version, wanted(), wanted()))


def _upsertion(name: str, **fields: Any) -> AlterUserScramCredentialsRequestScramCredentialUpsertion:
    given = {"name": name, "mechanism": 1, "iterations": 4096, "salt": b"salt", **fields}
    digest = "sha512" if given["mechanism"] == 2 else "sha256"
    given.setdefault("salted_password", hashlib.pbkdf2_hmac(digest, b"secret", b"salt", 1))
    return AlterUserScramCredentialsRequestScramCredentialUpsertion(**given)


def _alter(client: RawClient, *upsertions: Any, deletions: tuple[tuple[str, int], ...] = ()) -> Any:
    request = AlterUserScramCredentialsRequest(
        upsertions=list(upsertions),
        deletions=[AlterUserScramCredentialsRequestScramCredentialDeletion(name=name, mechanism=mechanism) for name, mechanism in deletions],
    )
    answer = client.call(51, 0, request)
    answer.results.sort(key=lambda result: (result.user, result.error_code))
    return answer


def _users(client: RawClient, *names: str) -> Any:
    answer = client.call(50, 0, DescribeUserScramCredentialsRequest(users=[DescribeUserScramCredentialsRequestUserName(name=name) for name in names]))
    answer.results.sort(key=lambda result: result.user)
    for result in answer.results:
        result.credential_infos.sort(key=lambda info: info.mechanism)
    return answer


def _wait_for_user(client: RawClient, name: str, mechanisms: int) -> None:
    wait_until(lambda seen: seen == mechanisms, lambda: len(_users(client, name).results[0].credential_infos))


@script(51, range(1))
def scram_users(stage: Stage) -> None:
    """Set, changed, described and removed, rightly and wrongly."""
    client = stage.client()
    ann, bob, carl = stage.name("ann"), stage.name("bob"), stage.name("carl,=ö")
    stage.record("set", _alter(client, _upsertion(ann), _upsertion(bob, mechanism=2), _upsertion(carl, iterations=16384)))
    stage.record("another", _alter(client, _upsertion(ann, mechanism=2, iterations=5000)))
    _wait_for_user(client, ann, 2)
    stage.record("described", _users(client, ann, bob, carl))
    stage.record("twice_and_unknown", _users(client, ann, stage.name("nobody"), bob, ann))
    stage.record(
        "wrong",
        _alter(
            client,
            _upsertion(""), _upsertion(stage.name("few"), iterations=4095), _upsertion(stage.name("many"), iterations=16385),
            _upsertion(stage.name("odd"), mechanism=3), _upsertion(stage.name("zero"), mechanism=0), _upsertion(stage.name("twice")),
            _upsertion(stage.name("twice"), mechanism=2), _upsertion(bob), _upsertion(stage.name("good")),
            deletions=((stage.name("nobody"), 1), (bob, 2), (carl, 2), ("", 1), (stage.name("odd2"), 9)),
        ),
    )
    _wait_for_user(client, stage.name("good"), 1)
    stage.record("described_then", _users(client, ann, bob, carl, stage.name("good"), stage.name("few")))
    stage.record("removed", _alter(client, deletions=((ann, 1), (carl, 1))))
    _wait_for_user(client, ann, 1)
    stage.record("left", _users(client, ann, carl))
    stage.record("nothing", _alter(client))


@script(38, range(1, 3))
def tokens_for_whoever_did_not_log_in(stage: Stage) -> None:
    """Tokens are for clients that showed who they are."""
    client, version = stage.client(), stage.version
    renewer = CreateDelegationTokenRequestCreatableRenewers(principal_type="User", principal_name="bob")
    stage.record("create", client.call(38, version, CreateDelegationTokenRequest(renewers=[renewer], max_lifetime_ms=-1)))
    other = CreateDelegationTokenRequest(owner_principal_type="User", owner_principal_name="ann", max_lifetime_ms=-1)
    stage.record("create_for_another", client.call(38, 3, other))
    stage.record("renew", client.call(39, version, RenewDelegationTokenRequest(hmac=b"x", renew_period_ms=-1)))
    stage.record("expire", client.call(40, version, ExpireDelegationTokenRequest(hmac=b"x", expiry_time_period_ms=-1)))
    for step, owners in (("all", None), ("none", []), ("one", [DescribeDelegationTokenOwner(principal_type="User", principal_name="ann")])):
        stage.record(f"describe_{step}", client.call(41, version, DescribeDelegationTokenRequest(owners=owners)))
