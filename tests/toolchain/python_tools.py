"""What PyPI carries as wheels: Node, Go, and the Python clients, each set in a virtual environment of its own."""

import sys
from pathlib import Path

from tests.toolchain.cache import prepared, progress, run

_LOCKS = Path(__file__).parent


def site_packages(name: str) -> Path:
    """The site-packages folder of a virtual environment that holds `<name>.requirements.txt`, hashes checked."""
    lock = _LOCKS / f"{name}.requirements.txt"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"

    def build(folder: Path) -> None:
        progress(f"installing {name} from PyPI")
        run([sys.executable, "-m", "venv", folder])
        pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-q"]
        run([*pip, "install", "--require-hashes", "--only-binary=:all:", "-r", lock])

    return prepared(f"pypi-{name}", [lock, version], build) / "lib" / f"python{version}" / "site-packages"


def python_runner(module: str, clients: str = "clients") -> list[str]:
    """The command that runs a module of this repository beside pinned clients: "clients" or "older_clients"."""
    packages = site_packages(clients)
    return [str(packages.parents[2] / "bin" / "python"), "-m", module]
