"""PostgreSQL: the server's programs, from Debian's package, or from the folder that PENSTOCK_TEST_POSTGRES names."""

import functools
import os
import re
import subprocess
from pathlib import Path

from tests.toolchain import debian
from tests.toolchain.cache import ToolchainUnavailable, locked

POSTGRES_MINIMUM = 15

_DEBIAN_PACKAGES = ("postgresql-15",)
_HOMES = Path("/usr/lib/postgresql")


@functools.cache
def postgres_programs() -> Path:
    """The folder of `initdb` and `postgres`, installed from Debian when there is none that is new enough."""
    found = _present()
    if found is None:
        with locked("postgres"):
            found = _present()
            if found is None:
                debian.install(_DEBIAN_PACKAGES)
                found = _present()
    if found is None:
        raise ToolchainUnavailable(f"no PostgreSQL {POSTGRES_MINIMUM} or later, not even after installing one")
    return found


def _present() -> Path | None:
    named = os.environ.get("PENSTOCK_TEST_POSTGRES")
    homes = [Path(named)] if named else sorted((home / "bin" for home in _HOMES.glob("*")), key=_version)
    return next((home for home in homes if _version(home) >= POSTGRES_MINIMUM), None)


def _version(programs: Path) -> int:
    try:
        answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", answer)
    return int(found.group(1)) if found else 0
