"""``penstock audit``: whether an audit log is as it was written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from broker.cli.failure import FAILED, USAGE, CommandFailed
from broker.cli.output import note, print_json, print_table

app = typer.Typer(help="Look at audit logs.", no_args_is_help=True)


@app.callback()
def _commands() -> None:
    """Commands on audit logs."""


@app.command("verify")
def verify(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Directories or files of a log, in their order; - for standard input. penstock-data/audit when not given."),
    ] = None,
    key_file: Annotated[Path | None, typer.Option("--key-file", metavar="FILE", help="The key that the log is sealed with.")] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option("--expect", metavar="CHAIN:NUMBER:HASH", help="A line that must be there, as the broker's log says it. May be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check that no line of a log was changed, left out or moved. The exit code is 1 when one was.

    What was cut off at the end shows only by --expect, and so does a log that somebody wrote anew who had the key, or where there is none.
    """
    from broker.admin.audit_opening import read_key
    from security.audit.chain import parse_head
    from security.audit.verification import Verifier

    try:
        key = None if key_file is None else read_key(key_file)
        verifier = Verifier(key, [parse_head(text) for text in expect or ()])
        for where, line in _lines(paths or ["penstock-data/audit"]):
            verifier.take(line, where)
    except ValueError as error:
        raise CommandFailed(str(error), USAGE) from error
    except OSError as error:
        raise CommandFailed(f"{error.filename}: {error.strerror}", USAGE) from error
    verifier.finish()
    chains = [
        {"chain": name, "first": chain.begins, "last": chain.head.seq, "lines": chain.lines, "head": str(chain.head)}
        for name, chain in verifier.chains.items()
    ]
    if as_json:
        print_json(
            {
                "ok": not verifier.finding_count,
                "chains": chains,
                "findings": [{"where": finding.where, "problem": finding.problem} for finding in verifier.findings],
                "finding_count": verifier.finding_count,
            }
        )
    else:
        print_table(["chain", "first", "last", "lines", "head"], [list(chain.values()) for chain in chains])
        for finding in verifier.findings:
            note(f"{finding.where}: {finding.problem}")
        if more := verifier.finding_count - len(verifier.findings):
            note(f"and {more} more")
    if verifier.finding_count:
        raise CommandFailed(f"the audit log is not as it was written: {verifier.finding_count} findings", FAILED)
    if not chains:
        raise CommandFailed("there is no line of an audit log", FAILED)


def _lines(paths: list[str]) -> Iterator[tuple[str, bytes]]:
    """Every line, and what to call its place. Raises OSError."""
    import sys

    for path in paths:
        if path == "-":
            yield from ((f"line {number}", line.rstrip(b"\r\n")) for number, line in enumerate(sys.stdin.buffer, 1))
            continue
        for file in _files(Path(path)):
            with file.open("rb") as lines:
                yield from ((f"{file}:{number}", line.rstrip(b"\n")) for number, line in enumerate(lines, 1))


def _files(path: Path) -> list[Path]:
    """The files of a log, or of the logs of several brokers."""
    from broker.storage.audit_file import files_of

    if not path.is_dir():
        return [path]
    own = files_of(path)
    return own or [file for log in sorted(path.iterdir()) if log.is_dir() for file in files_of(log)]
