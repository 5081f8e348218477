"""Packages of the Debian system underneath, installed with apt-get where this process may."""

import os
import shutil
from collections.abc import Sequence

from tests.toolchain.cache import ToolchainUnavailable, locked, progress, run

_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive"}


def install(packages: Sequence[str]) -> None:
    """Install Debian packages; raises ToolchainUnavailable without apt-get or without root."""
    if shutil.which("apt-get") is None:
        raise ToolchainUnavailable(f"{' '.join(packages)}: not present, and there is no apt-get to install them")
    if os.geteuid() != 0:
        raise ToolchainUnavailable(f"{' '.join(packages)}: not present; as root: apt-get install {' '.join(packages)}")
    with locked("debian"):
        progress(f"apt-get install {' '.join(packages)}")
        run(["apt-get", "-o", "DPkg::Lock::Timeout=300", "-q", "update"], env=_ENVIRONMENT)
        run(
            ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-q", "-y", "--no-install-recommends", "install", *packages],
            env=_ENVIRONMENT,
        )
