"""Random rules and questions over few names, so that they meet; and the decision written down once more, slowly."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from hypothesis import strategies as st

from security.acls.acl import Acl
from security.acls.kinds import Operation, PatternType, Permission, ResourceType
from security.identity import Identity

NAMES = ("a", "ab", "aba", "abab", "abb", "b", "ba", "hardcode", "h")
USERS = ("User:ann", "User:bob", "Service:ann")
GROUPS = ("Group:g", "Group:h")
HOSTS = ("10.0.0.1", "10.0.0.2", "10.1.0.1", "::1", "2001:db8::7")
OPERATIONS = (
    Operation.READ, Operation.WRITE, Operation.DESCRIBE, Operation.ALTER, Operation.ALTER_CONFIGS, Operation.DESCRIBE_CONFIGS, Operation.CREATE,
)
TYPES = (ResourceType.TOPIC, ResourceType.GROUP)

acls = st.builds(
    Acl,
    st.sampled_from(TYPES),
    st.sampled_from((PatternType.LITERAL, PatternType.PREFIXED)),
    st.sampled_from((*NAMES, "*")),
    st.sampled_from((*USERS, *GROUPS, "User:*")),
    st.sampled_from((*HOSTS, "*", "*", "10.0.0.0/16", "10.0.0.0/31", "0.0.0.0/0", "2001:db8::/32", "0:0:0:0:0:0:0:1", "nowhere")),
    st.sampled_from((*OPERATIONS, Operation.ALL)),
    st.sampled_from((Permission.ALLOW, Permission.ALLOW, Permission.DENY)),
)
identities = st.builds(Identity, st.sampled_from(USERS), st.lists(st.sampled_from(GROUPS), unique=True).map(tuple))
questions = st.tuples(
    identities, st.sampled_from(HOSTS), st.sampled_from(OPERATIONS), st.sampled_from(TYPES), st.sampled_from((*NAMES, "abac", "z"))
)

_DESCRIBED_BY = {Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER, Operation.DESCRIBE}


def names_resource(acl: Acl, kind: ResourceType, name: str) -> bool:
    if acl.resource_type is not kind:
        return False
    if acl.pattern_type is PatternType.PREFIXED:
        return name.startswith(acl.name)
    return acl.name in (name, "*")


def names_host(acl: Acl, host: str) -> bool:
    if acl.host == "*":
        return True
    if "/" in acl.host:
        return ip_address(host) in ip_network(acl.host)
    try:
        return ip_address(acl.host) == ip_address(host)
    except ValueError:
        return acl.host == host


def speaks_of(acl: Acl, identity: Identity, host: str, operation: Operation) -> bool:
    """Whether a rule is for the client and the operation, whatever the resource."""
    if acl.principal not in (identity.principal, *identity.groups, "User:*") or not names_host(acl, host):
        return False
    if acl.operation in (Operation.ALL, operation):
        return True
    if acl.permission is Permission.DENY:
        return False
    if operation is Operation.DESCRIBE:
        return acl.operation in _DESCRIBED_BY
    return operation is Operation.DESCRIBE_CONFIGS and acl.operation is Operation.ALTER_CONFIGS


def slow_decision(
    all_acls: Iterable[Acl],
    identity: Identity,
    host: str,
    operation: Operation,
    kind: ResourceType,
    name: str,
    *,
    allow_everyone: bool = False,
) -> bool:
    """Kafka's decision, rule by rule."""
    of_resource = [acl for acl in all_acls if names_resource(acl, kind, name)]
    if not of_resource:
        return allow_everyone
    matching = [acl for acl in of_resource if speaks_of(acl, identity, host, operation)]
    if any(acl.permission is Permission.DENY for acl in matching):
        return False
    return any(acl.permission is Permission.ALLOW for acl in matching)


def slow_any(all_acls: Iterable[Acl], identity: Identity, host: str, operation: Operation, kind: ResourceType) -> bool:
    """Kafka's decision about "any resource", rule by rule, without the question about the name that stands for any."""
    matching = [acl for acl in all_acls if acl.resource_type is kind and speaks_of(acl, identity, host, operation)]
    denied = {(acl.pattern_type, acl.name) for acl in matching if acl.permission is Permission.DENY}
    allowed = {(acl.pattern_type, acl.name) for acl in matching if acl.permission is Permission.ALLOW}
    everything = (PatternType.LITERAL, "*")
    if everything in denied:
        return False
    if everything in allowed:
        return True

    def dominated(pattern: PatternType, name: str) -> bool:
        prefixes = {(PatternType.PREFIXED, name[:length]) for length in range(1, len(name) + 1)}
        return bool(denied & prefixes) or (pattern is PatternType.LITERAL and (pattern, name) in denied)

    return any(not dominated(*pattern) for pattern in allowed)
