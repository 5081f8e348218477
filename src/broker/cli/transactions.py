"""``penstock transactions``: list, describe, abort."""

import time
from typing import Annotated, Any, Final

import typer

from broker.cli.client import DEFAULT_BOOTSTRAP, AsJson, Bootstrap, ClientConfig
from broker.cli.failure import CommandFailed
from broker.cli.output import confirm, note, print_json, print_table
from broker.cli.plain_client import ask, brokers, check, coordinator_of

INIT_PRODUCER_ID: Final = 22
DESCRIBE_TRANSACTIONS: Final = 65
LIST_TRANSACTIONS: Final = 66
ONGOING: Final = "Ongoing"

app = typer.Typer(no_args_is_help=True, help="List, describe and abort transactions.")

TransactionalId = Annotated[str, typer.Argument(metavar="TRANSACTIONAL-ID")]


@app.command("list")
def list_transactions(
    state: Annotated[list[str] | None, typer.Option("--state", metavar="NAME", help="Only those in this state; repeatable.")] = None,
    longer_than_ms: Annotated[
        int | None, typer.Option("--longer-than-ms", min=0, help="Only those open for longer; needs a broker of Kafka 3.8 or newer.")
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option("--pattern", metavar="REGEX", help="Only ids that match it as a whole; needs a broker of Kafka 4.1 or newer."),
    ] = None,
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """List transactional ids and what their transactions have come to."""
    from broker.wire.error_codes import ErrorCode
    from broker.wire.messages.list_transactions import ListTransactionsRequest

    rows: list[dict[str, Any]] = []
    for address in brokers(bootstrap, client_config):
        request = ListTransactionsRequest(state_filters=state or [], transactional_id_pattern=pattern)
        if longer_than_ms is not None:
            request.duration_filter = longer_than_ms
        version = 2 if pattern is not None else 0 if longer_than_ms is None else 1
        answer = ask(address, LIST_TRANSACTIONS, version, request)
        if answer.error_code == ErrorCode.INVALID_REGULAR_EXPRESSION:
            raise CommandFailed(f"{pattern} is not a regular expression")
        check(answer.error_code, "transactions were not listed")
        if answer.unknown_state_filters:
            raise CommandFailed(f"there is no state {', '.join(answer.unknown_state_filters)}; {ONGOING} is one")
        rows += [
            {"transactional_id": each.transactional_id, "producer_id": each.producer_id, "state": each.transaction_state}
            for each in answer.transaction_states
        ]
    rows.sort(key=lambda row: str(row["transactional_id"]))
    if as_json:
        print_json(rows)
    elif rows:
        print_table(["TRANSACTIONAL-ID", "PRODUCER-ID", "STATE"], [list(row.values()) for row in rows])
    else:
        note("no transactional ids" + (" like that" if state or pattern or longer_than_ms is not None else " yet"))


@app.command("describe")
def describe(
    transactional_id: TransactionalId,
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Show one transactional id: its producer, its state, since when it is open and on which partitions."""
    info = _describe(transactional_id, bootstrap, client_config)
    if as_json:
        print_json(info)
        return
    typer.echo(f"{transactional_id}  {info['state']}  producer {info['producer_id']} epoch {info['epoch']}")
    typer.echo(f"  timeout {info['timeout_ms']} ms")
    if info["state"] == ONGOING:
        typer.echo(f"  open for {info['open_ms'] / 1000:.1f} s")
        rows = [[each["topic"], index] for each in info["partitions"] for index in each["partitions"]]
        if rows:
            print_table(["TOPIC", "PARTITION"], rows)


def _describe(transactional_id: str, bootstrap: str, client_config: Any) -> dict[str, Any]:
    from broker.wire.error_codes import ErrorCode
    from broker.wire.messages.describe_transactions import DescribeTransactionsRequest

    address = coordinator_of(transactional_id, bootstrap, client_config)
    answer = ask(address, DESCRIBE_TRANSACTIONS, 0, DescribeTransactionsRequest(transactional_ids=[transactional_id]))
    (state,) = answer.transaction_states
    if state.error_code == ErrorCode.TRANSACTIONAL_ID_NOT_FOUND:
        raise CommandFailed(f"{transactional_id} is not known; `penstock transactions list` shows those that are")
    check(state.error_code, f"{transactional_id} was not described", needs=("describe", f"transactional-id:{transactional_id}"))
    started_ms = state.transaction_start_time_ms
    is_open = state.transaction_state == ONGOING and started_ms >= 0
    return {
        "transactional_id": transactional_id,
        "state": state.transaction_state,
        "producer_id": state.producer_id,
        "epoch": state.producer_epoch,
        "timeout_ms": state.transaction_timeout_ms,
        "started_ms": started_ms if is_open else None,
        "open_ms": max(0, time.time_ns() // 1_000_000 - started_ms) if is_open else None,
        "partitions": [{"topic": each.topic, "partitions": sorted(each.partitions)} for each in state.topics],
    }


@app.command("abort")
def abort(
    transactional_id: TransactionalId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Abort what is open under a transactional id and fence its producer, by taking the id over for a moment."""
    from broker.wire.messages.init_producer_id import InitProducerIdRequest

    info = _describe(transactional_id, bootstrap, client_config)
    if info["state"] != ONGOING:
        raise CommandFailed(f"{transactional_id} has no transaction open: it is {info['state']}")
    if not yes:
        confirm(f"Abort the open transaction of {transactional_id} and fence its producer?")
    address = coordinator_of(transactional_id, bootstrap, client_config)
    request = InitProducerIdRequest(transactional_id=transactional_id, transaction_timeout_ms=info["timeout_ms"])
    check(ask(address, INIT_PRODUCER_ID, 4, request).error_code, f"{transactional_id} was not aborted", needs=("write", f"transactional-id:{transactional_id}"))
    note(f"aborted the transaction of {transactional_id}; its producer is fenced")
