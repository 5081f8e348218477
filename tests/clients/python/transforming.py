"""What transformers of every client write: results that say which transaction they belong to, and one line about each transaction.

A transformer reads numbers from its input, writes a result for each into its partition of the output and one record about the transaction
into the audit, whose only partition all of them share, and commits how far it has read; all in one transaction. Now and then it gives a
transaction up on purpose: such records say that they are doomed, and no read_committed reader may ever see them. It crashes by itself,
too: at each step with a small chance.

result: number, offset of the input, transaction, place in it, how many there are, client, fate ("kept" or "doomed")
audit:  transaction, how many results it has, partition, client, fate
"""

import os
import random
import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Job:
    """The arguments of the operation ``transform``, which never ends by itself."""

    bootstrap: str
    client: str
    transactional_id: str
    group: str
    input: str
    output: str
    partition: int
    audit: str
    timeout_ms: int
    most: int
    crash: float
    doom: float
    seed: int
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chance", random.Random(self.seed))

    def step(self) -> None:
        """Here it may crash as by a kill: nothing is aborted, closed or flushed."""
        if self.chance.random() < self.crash:
            os._exit(9)

    def batch(self) -> int:
        """How many records the next transaction takes at most."""
        return self.chance.randint(1, self.most)


@dataclass(frozen=True, slots=True)
class Batch:
    """One transaction: its name, and what it writes."""

    results: list[bytes]
    audit: bytes
    next_offset: int
    doomed: bool


def batch_of(job: Job, taken: list[tuple[int, bytes]]) -> Batch:
    """The transaction for these offsets and values of the input."""
    name, doomed = uuid.uuid4().hex, job.chance.random() < job.doom
    fate, count = "doomed" if doomed else "kept", len(taken)
    results = [
        f"{value.decode()} {offset} {name} {place} {count} {job.client} {fate}".encode()
        for place, (offset, value) in enumerate(taken)
    ]
    audit = f"{name} {count} {job.partition} {job.client} {fate}".encode()
    return Batch(results, audit, taken[-1][0] + 1, doomed)
