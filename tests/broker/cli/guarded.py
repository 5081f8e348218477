"""A broker for tests of the command line that asks for permissions; who did not log in may do everything there."""

from pathlib import Path

from tests.support.penstock import Penstock


def guarded_broker(folder: Path) -> Penstock:
    """Not started yet."""
    properties = folder / "server.properties"
    properties.write_text(
        "super.users=User:ANONYMOUS\nauthorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
    )
    return Penstock(folder / "data", "--properties", str(properties))
