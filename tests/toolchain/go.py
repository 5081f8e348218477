"""Go: the compiler, and what is built with it: the franz-go client driver, and an S3 server."""

import functools
import re
import shutil
import subprocess
from pathlib import Path

from tests.toolchain.cache import REPOSITORY, prepared, progress, run
from tests.toolchain.python_tools import site_packages

GO_MINIMUM = (1, 26)
"""What franz-go's own go.mod asks for."""

_DRIVER_SOURCES = REPOSITORY / "tests" / "clients" / "go"
_S3_SERVER_LOCK = REPOSITORY / "tests" / "toolchain" / "versitygw"
# No other compiler is fetched behind our back, and the lock decides the modules.
_ENVIRONMENT = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0", "GOWORK": "off"}
_S3_SERVER = "github.com/versity/versitygw/cmd/versitygw"


@functools.cache
def go_command() -> str:
    """The `go` program of a compiler that is new enough."""
    found = shutil.which("go")
    if found is not None and _go_version(found) >= GO_MINIMUM:
        return found
    return str(site_packages("go") / "go" / "bin" / "go")


def go_runner() -> list[str]:
    """The command that starts the franz-go client driver."""
    sources = [_DRIVER_SOURCES / "go.mod", _DRIVER_SOURCES / "go.sum", *sorted(_DRIVER_SOURCES.glob("*.go"))]
    go = go_command()

    def build(folder: Path) -> None:
        progress("building the franz-go driver")
        run([go, "build", "-trimpath", "-o", folder / "driver", "."], cwd=_DRIVER_SOURCES, env=_ENVIRONMENT)

    return [str(prepared("go-driver", [go, *sources], build) / "driver")]


def s3_server() -> str:
    """The program of a server that speaks S3 and keeps its objects in files (versitygw)."""
    go = go_command()

    def build(folder: Path) -> None:
        progress("building the S3 server")
        run([go, "build", "-trimpath", "-o", folder / "versitygw", _S3_SERVER], cwd=_S3_SERVER_LOCK, env=_ENVIRONMENT)

    lock = [_S3_SERVER_LOCK / "go.mod", _S3_SERVER_LOCK / "go.sum"]
    return str(prepared("versitygw", [go, *lock], build) / "versitygw")


def _go_version(go: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return (0,)
    found = re.search(r"go(\d+)\.(\d+)", answer)
    return (int(found.group(1)), int(found.group(2))) if found else (0,)
