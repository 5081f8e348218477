"""Every need of the authorization table, with and without the right to it; and nobody is asked for what the table does not say."""

from dataclasses import replace
from typing import Any

import pytest

from broker.handlers.authorization_table import ROWS
from broker.handlers.table import HANDLERS
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.base import Message
from security.acls.kinds import ResourceType
from tests.broker.handlers.authorization_cases import CASES, Case
from tests.broker.handlers.permissions import BY_KEY, PermissionWorld, permission_world

pytestmark = pytest.mark.anyio

DENIALS = frozenset(
    {
        ErrorCode.TOPIC_AUTHORIZATION_FAILED,
        ErrorCode.GROUP_AUTHORIZATION_FAILED,
        ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
        ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
    }
)
TESTED_WITH_THEIR_RULES = frozenset({17, 29, 30, 31, 36, 38, 39, 40, 41, 48, 49, 50, 51})
"""Requests about access itself: of users, rules, tokens and quotas. The tests of their handlers have with and without."""


def named(case: Case) -> str:
    return f"{BY_KEY[case.key].name}:{case.of.replace(' ', '_')}"


EACH = [pytest.param(case, id=f"{named(case)}:v{case.served[0]}-{case.served[-1]}") for case in CASES]
EACH_RIGHT = [
    pytest.param(case, version, index, id=f"{named(case)}:v{version}:{right[0].name}")
    for case in CASES
    for version in sorted({case.served[0], case.served[-1]})
    for index, right in enumerate(case.need.any_of)
]
FIRST_VERSION_WITH_IDS = {0: 13, 1: 13, 8: 10, 9: 10, 78: 0, 79: 0}
KINDS = {ResourceType.TOPIC: "topic", ResourceType.GROUP: "group", ResourceType.TRANSACTIONAL_ID: "transaction"}


def by_name(case: Case) -> list[int]:
    """The versions that call what is needed by its name. Topic ids are no secret, in Kafka neither."""
    is_topic = case.need.any_of[0][1] is ResourceType.TOPIC
    return [version for version in case.served if not is_topic or version < FIRST_VERSION_WITH_IDS.get(case.key, 99)]


HIDING = [pytest.param(case, id=named(case)) for case in CASES if case.hides and case.shows is None and by_name(case)]
BY_ID = [pytest.param(case, id=named(case)) for case in CASES if case.shows is None and len(by_name(case)) < len(case.served)]


def denials(answer: Any) -> set[int]:
    """The errors of an answer, wherever they are in it, that say that something is not allowed."""
    found: set[int] = set()
    parts = [answer]
    for part in parts:
        for name in part.__slots__:
            value = getattr(part, name)
            if name.endswith("error_code"):
                found.add(value)
            elif isinstance(value, Message):
                parts.append(value)
            elif isinstance(value, list):
                parts += [each for each in value if isinstance(each, Message)]
    return found & DENIALS


async def prepared(world: PermissionWorld, case: Case) -> None:
    """What the case is about is there, and nobody was asked for anything yet."""
    await case.prepare(world)
    world.permissions.asked.clear()


def test_every_api_has_a_row() -> None:
    """Nothing is served of which the table does not say who may ask for it, and the rows are in order, each once."""
    keys = [row.key for row in ROWS]

    assert {handler.key for handler in HANDLERS} <= set(keys), "say in authorization_table.py what the API needs"
    assert keys == sorted(set(keys))


def test_every_need_has_a_case() -> None:
    """But for what the tests of its own handlers show."""
    needs = {(row.key, need.of) for row in ROWS for need in row.needs if row.key not in TESTED_WITH_THEIR_RULES}

    assert {(case.key, case.of) for case in CASES} == needs


def test_needs_are_told_apart() -> None:
    """Those of one row by what they are of."""
    for row in ROWS:
        assert len({need.of for need in row.needs}) == len(row.needs), row.api


@pytest.mark.parametrize("case", EACH)
async def test_without_a_right(case: Case) -> None:
    """The error that the table says, or nothing is shown; in every version."""
    async with permission_world() as world:
        for version in case.served:
            world.permissions.denied = set()
            await case.prepare(world)
            world.permissions.denied = {*case.rights(world.names), *case.others}
            answer = await world.ask(case.key, case.request(world.names, version), version)

            if case.shows is not None:
                assert not case.shows(answer), version
            else:
                assert denials(answer) == {case.need.denied}, version


@pytest.mark.parametrize(("case", "version", "index"), EACH_RIGHT)
async def test_with_a_right(case: Case, version: int, index: int) -> None:
    """Any one of those that the table says is enough: nothing is denied, or what was asked for is shown. Whatever the handler asks for is in the row of
    its API."""
    async with permission_world() as world:
        await prepared(world, case)
        rights = case.rights(world.names)
        world.permissions.denied = {right for right in rights if right != rights[index]}
        answer = await world.ask(case.key, case.request(world.names, version), version)
        in_row = {right for need in case.row.needs for right in need.any_of} | set(case.row.probes)

        assert rights[index] in world.permissions.asked
        assert {right[:2] for right in world.permissions.asked} <= in_row
        assert denials(answer) == ({case.need.denied} if case.is_never_met else set())
        assert case.shows is None or case.shows(answer)


@pytest.mark.parametrize("key", [18, 60, 71, 72])
def test_who_has_logged_in_may(key: int) -> None:
    """Some APIs need nothing."""
    (row,) = [row for row in ROWS if row.key == key]

    assert row.needs == ()


@pytest.mark.parametrize("case", HIDING)
async def test_what_is_denied_looks_like_nothing(case: Case) -> None:
    """The answers for a name that is denied and for one that does not exist are the same, byte for byte, but for the name."""
    handler = BY_KEY[case.key]
    absent = {"topic": "ghost", "group": "gghos", "transaction": "xghos"}
    async with permission_world() as world:
        await prepared(world, case)
        there = world.names
        kinds = {KINDS[kind] for _, kind in case.need.any_of if kind in KINDS}
        for version in by_name(case):
            answers = []
            for names in (there, replace(there, **{kind: absent[kind] for kind in kinds})):
                world.permissions.denied = {*case.rights(names)}
                world.permissions.denied |= {(operation, kind, names.topic) for operation, kind, _ in case.others}
                raw = await world.bytes_of(handler, case.request(names, version), version)
                for kind in kinds:
                    raw = raw.replace(getattr(names, kind).encode(), kind.encode())
                answers.append(raw)

            assert answers[0] == answers[1], version


@pytest.mark.parametrize("case", BY_ID)
async def test_topic_ids_are_no_secret(case: Case) -> None:
    """As in Kafka a topic that is asked for by its id is denied where there is one, and unknown where there is none."""
    version = case.served[-1]
    async with permission_world() as world:
        await prepared(world, case)
        world.permissions.denied = set(case.rights(world.names))
        denied = await world.ask(case.key, case.request(world.names, version), version)
        unknown = await world.ask(case.key, case.request(replace(world.names, topic_id=b"?" * 16), version), version)

        assert denials(denied) == {case.need.denied}
        assert denials(unknown) == set()
