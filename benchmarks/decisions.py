"""What one decision about access costs, however many rules there are."""

import time
from dataclasses import replace

from security.acls.acl import Acl
from security.acls.authorizer import Authorizer
from security.acls.kinds import Operation, PatternType, Permission, ResourceType
from security.identity import Identity

_REPEATS = 7
_HOST = "10.0.0.1"
_CLIENT = Identity("User:client", ("Group:team",))
_RULE = Acl(ResourceType.TOPIC, PatternType.LITERAL, "topic", "User:client", "*", Operation.WRITE, Permission.ALLOW)


def authorizer_with(rules: int) -> Authorizer:
    """One rule that lets the client write, and others: for other topics, prefixes, users and hosts, a quarter each."""
    authorizer = Authorizer(("User:admin",))
    authorizer.add(_RULE)
    for number in range((rules - 1) // 4):
        authorizer.add(replace(_RULE, name=f"topic-{number}"))
        authorizer.add(replace(_RULE, name=f"area-{number}-", pattern_type=PatternType.PREFIXED))
        authorizer.add(replace(_RULE, name="*", principal=f"User:{number}"))
        authorizer.add(replace(_RULE, host=f"10.1.{number // 250}.{number % 250}"))
    return authorizer


def decision_us(rules: int, rounds: int) -> float:
    """CPU microseconds of one decision, the least of several repeats."""
    authorizer = authorizer_with(rules)
    question = (_CLIENT, _HOST, Operation.WRITE, ResourceType.TOPIC, "topic")
    assert authorizer.allows(*question)
    least = float("inf")
    for _ in range(_REPEATS):
        started = time.process_time()
        for _ in range(rounds):
            authorizer.allows(*question)
        least = min(least, (time.process_time() - started) / rounds)
    return least * 1e6
