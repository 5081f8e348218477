"""How much of the broker's time each address has used for connecting: handshakes, logins, and what made the broker close a connection.

Who is known has quotas. Who connects again and again is nobody yet, whatever it costs: a handshake is a millisecond of a core, a password as much. An
address has its share of that; its further connections are not heard until it is within it again, while those of other addresses are.
"""

from collections.abc import Callable
from ipaddress import IPv6Address
from time import monotonic
from typing import Final

BURST_S: Final = 0.5
"""So much may be used in one go: a host with three hundred clients that all come back at once."""

LONGEST_WAIT_S: Final = 5.0

EXPECTED_S: Final = 0.0005
"""What a connection costs at least, whatever it is for (measured); it is counted when it comes, so that many that come together do not all find room."""

HANDED_OVER: Final = 2.0
"""A handshake costs so many times what its thread works: the interpreter changes hands for each step, and the loop does the rest (measured)."""

RECEIVED_S_A_BYTE: Final = 1.5e-9
"""To read and decrypt what was of no use."""

ADDRESSES: Final = 4096


class ConnectingTime:
    """``share`` of one core for each address; 0 bounds nothing. It may be changed while it is in use."""

    def __init__(self, share: float, clock: Callable[[], float] = monotonic) -> None:
        self.share = share
        self._clock = clock
        self._used: dict[str, tuple[float, float]] = {}
        """By network: seconds used and not yet worked off, and when that was so."""

    def __len__(self) -> int:
        return len(self._used)

    def wait_s(self, address: str) -> float:
        """How long a new connection from there is not to be heard."""
        network = network_of(address)
        if not self.share or network not in self._used:
            return 0.0
        used, at = self._used[network]
        return min(LONGEST_WAIT_S, max(0.0, (used - BURST_S) / self.share - (self._clock() - at)))

    def spend(self, address: str, seconds: float) -> None:
        """It has cost so much."""
        if not self.share:
            return
        now = self._clock()
        network = network_of(address)
        used, at = self._used.pop(network, (0.0, now))
        self._used[network] = max(0.0, used - (now - at) * self.share) + seconds, now
        if len(self._used) > ADDRESSES:
            del self._used[next(iter(self._used))]  # the one that has been quiet for longest


def network_of(address: str) -> str:
    """Whose address it is: who has one of IPv6 has the 2^64 beside it."""
    if ":" not in address:
        return address
    try:
        number = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(number.ipv4_mapped or IPv6Address(int(number) >> 64 << 64))
