"""The interpreter and the C library of a broker's process."""

import subprocess
import sys

from broker.runtime import MAPPED_BYTES, SWITCH_S

_SCRIPT = f"""
import sys, threading
from broker.runtime import prepare
prepare()
assert sys.getswitchinterval() == {SWITCH_S}
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) * 1024
def work():
    for _ in range(3):
        held = [bytearray(b"x") * (20 << 20) for _ in range(4)]
before = resident()
threads = [threading.Thread(target=work) for _ in range(4)]
for each in threads: each.start()
for each in threads: each.join()
assert resident() - before < {2 * MAPPED_BYTES}, resident() - before
"""


def test_large_memory_is_given_back() -> None:
    """What threads had for a moment does not stay with them; and the event loop gets its turn soon."""
    if sys.platform == "linux":
        subprocess.run([sys.executable, "-c", _SCRIPT], check=True)
