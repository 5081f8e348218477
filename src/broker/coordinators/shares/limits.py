"""What bounds a share group's records, as the group's configuration has it now. Pure."""

from dataclasses import dataclass
from typing import Final

READ_UNCOMMITTED: Final = 0
READ_COMMITTED: Final = 1

ALIGNMENT_MAX: Final = 16_384
"""A batch is given whole though that takes more records than there are locks, but never by more than this."""


@dataclass(frozen=True, slots=True)
class ShareLimits:
    """``deliveries_max``: after so many deliveries a record is archived. ``lock_ms``: how long a member may keep what it acquired.
    ``locks_max``: records of a partition in flight. ``may_renew``: whether members may ask for more time."""

    deliveries_max: int = 5
    lock_ms: int = 30_000
    locks_max: int = 2000
    isolation: int = READ_UNCOMMITTED
    may_renew: bool = True
