"""Writes docs/security_operations.md from the authorization table: ``python -m broker.handlers.authorization_document [--check]``.

With ``--check`` nothing is written; the exit code is 1 when the page is not what it should be.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from broker.handlers.authorization import SUPPORTED
from broker.handlers.authorization_table import ROWS, Need, Right, Row
from broker.wire.error_codes import ErrorCode
from security.acls.kinds import Operation, ResourceType

PAGE: Final = Path("docs/security_operations.md")

_NAMES: Final = {
    ResourceType.TOPIC: "Topic",
    ResourceType.GROUP: "Group",
    ResourceType.CLUSTER: "Cluster",
    ResourceType.TRANSACTIONAL_ID: "TransactionalId",
    ResourceType.DELEGATION_TOKEN: "DelegationToken",
    ResourceType.USER: "User",
}

_HEAD: Final = """\
# What each request needs

<!-- Written by `python -m broker.handlers.authorization_document`; change src/broker/handlers/authorization_table.py instead. -->

Who may do what is said by access control lists with Apache Kafka's model and names. This page lists what each request of the protocol needs, as
Penstock checks it: each row is tested with and without each right, and nothing else is asked for. It is what Apache Kafka 4.4 does, also where
Kafka's own table says something else.

- A right is an operation on a resource. READ, WRITE, DELETE and ALTER include DESCRIBE, ALTER_CONFIGS includes DESCRIBE_CONFIGS, ALL includes everything.
- All rows of a request must be met, for the parts of it that they are about. *or* means that one of them is enough.
- *left out* means that a list comes without what the client must not know of, and that nobody is told of a denial.

## What a client without the right sees

- It is judged first whether a client may know of a thing, and only then looked up whether the thing is there. The answers for a topic, a group or a
  transactional id that is denied and for one that does not exist are the same, byte for byte, but for the name.
- Who may DESCRIBE a topic, but not do what the request is for, is told whether it exists.
- Topic ids are no secret, in Kafka neither: an id of no topic is `UNKNOWN_TOPIC_ID`, one of a topic that is denied is `TOPIC_AUTHORIZATION_FAILED`,
  without its name.
- One part of a request that is denied does not keep the others from being done, but where Kafka does all or nothing: what joins a transaction, the
  topics that a member of a group subscribes to by name, and a produce with a transactional batch whose transactional id is denied.
- A produce with acks=0 has no answer: when a part of it is denied the connection is closed.
- Rights are looked at with each request, also in fetch sessions and share sessions that go on: one that is taken away counts from the next request on.

## Requests

| key | request | needs | for | without |
|---|---|---|---|---|
"""

_TAIL: Final = """
## Bits of what a client may do

Metadata, DescribeCluster, DescribeGroups and their like say on demand what the client may do with a resource (KIP-430): bit *n* of the number
stands for the operation of code *n*, and is set if and only if the client may do it. The cluster's is 0 for who may not DESCRIBE it. There are bits for

"""


def document() -> str:
    """The whole page."""
    rows = "".join(line for row in ROWS for line in _lines(row))
    bits = "".join(
        f"- {_NAMES[kind]}: {', '.join(f'{operation.name} ({operation.value})' for operation in sorted(operations))}\n"
        for kind, operations in SUPPORTED.items()
    )
    return _HEAD + rows + _TAIL + bits


def _lines(row: Row) -> Iterator[str]:
    if not row.needs:
        yield f"| {row.key} | {row.api} | nothing | | {row.note} |\n"
        return
    for number, need in enumerate(row.needs):
        key, api = (str(row.key), row.api) if number == 0 else ("", "")
        note = f". {row.note}" if row.note and number == len(row.needs) - 1 else ""
        yield f"| {key} | {api} | {_rights(need)} | {need.of} | {_without(need)}{note} |\n"


def _rights(need: Need) -> str:
    return " or ".join(map(_right, need.any_of))


def _right(right: Right) -> str:
    operation, kind = right
    return f"{Operation(operation).name} {_NAMES[kind]}"


def _without(need: Need) -> str:
    return "left out" if need.denied is None else f"`{ErrorCode(need.denied).name}`"


def main(arguments: Sequence[str]) -> int:
    """Write the page, or check it; the exit code."""
    if "--check" in arguments:
        fresh = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == document()
        if not fresh:
            sys.stderr.write(f"{PAGE} is not what the table says: run python -m broker.handlers.authorization_document\n")
        return 0 if fresh else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
