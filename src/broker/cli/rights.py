"""What a command adds when a rule did not let it: the right it needs, and how an administrator gives it."""

import shlex
from typing import Final

DENIED: Final = "_AUTHORIZATION_FAILED"
"""How the names of such errors end; what is before it is a type of resource."""

Right = tuple[str, str]
"""An operation and a resource, as ``penstock acls add`` takes them."""


def on_topic(operation: str, name: str) -> Right:
    return operation, f"topic:{name}"


def on_group(operation: str, name: str) -> Right:
    return operation, f"group:{name}"


def on_cluster(operation: str) -> Right:
    return operation, "cluster"


def advice(error_name: str, needs: Right | None) -> str:
    """A sentence to go behind the error; nothing when it is no denial, or one of something else, of which it is not known what was missing."""
    if needs is None or not error_name.endswith(DENIED):
        return ""
    operation, resource = needs
    if resource.partition(":")[0] != error_name.removesuffix(DENIED).lower().replace("_", "-"):
        return ""
    grant = f"penstock acls add --principal User:NAME --operation {operation} --resource {shlex.quote(resource)}"
    return f". It needs {operation} on {resource}, which an administrator gives with `{grant}`"
