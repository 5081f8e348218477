"""Task groups whose tasks may be refused: whoever waits for them is told the first refusal, not a group of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from broker.errors import BrokerError


@contextmanager
def one_failure() -> Iterator[None]:
    """Around a task group. A group in which there is anything but refusals is raised as it is."""
    try:
        yield
    except BaseExceptionGroup as group:
        refusals, others = group.split(BrokerError)
        if others is not None or refusals is None:
            raise
        first: BaseException = refusals
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
    else:
        return
    raise first
