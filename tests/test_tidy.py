"""The shape of the code itself. Each failure says what to do."""

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"
PACKAGES = ("broker", "security", "observability")
GENERATED = ("broker/wire/messages", "broker/wire/codecs", "broker/wire/client_codecs")
WAITING_PLACES = ("broker/server", "broker/http", "broker/storage", "broker/cli", "broker/handlers", "broker/app.py")
MODULES = sorted(path for package in PACKAGES for path in (SOURCE / package).rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


WRITTEN = [path for path in MODULES if not named(path).startswith(GENERATED)]


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_every_module_opens_with_a_docstring(path: Path) -> None:
    """A newcomer learns what a file is for from its first line."""
    assert ast.get_docstring(ast.parse(path.read_text())), f"{named(path)}: say in a docstring what the module is for"


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_every_module_has_a_mirror_test(path: Path) -> None:
    """``src/a/b/c.py`` is tested by ``tests/a/b/test_c.py`` (or a package of tests ``tests/a/b/c/``, or ``test_c_*.py``)."""
    if path.name in ("__init__.py", "__main__.py"):
        return
    folder = ROOT / "tests" / path.relative_to(SOURCE).parent
    mirrors = [folder / f"test_{path.stem}.py", folder / path.stem, *folder.glob(f"test_{path.stem}_*.py")]

    assert any(mirror.exists() for mirror in mirrors), f"add {mirrors[0].relative_to(ROOT)}"


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_async_lives_only_in_agents_and_io(path: Path) -> None:
    """``async def`` appears in IO packages, handlers, app.py and modules named for an agent (writer, reader, coordinator)."""
    waits = any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(ast.parse(path.read_text())))
    at_home = named(path).startswith(WAITING_PLACES) or path.stem.endswith(("er", "or", "room", "live"))

    assert not waits or at_home, f"{named(path)}: move the waiting to an agent, keep the decision here"


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_asyncio_is_used_only_by_the_transport(path: Path) -> None:
    """Everything else waits through anyio, so that it runs on virtual time in tests."""
    if named(path) == "broker/server/transport.py":
        return

    assert not re.search(r"^\s*(import asyncio|from asyncio)", path.read_text(), re.M), f"{named(path)}: use anyio"


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_files_stay_short(path: Path) -> None:
    """A file owns one thing; past 600 lines it owns two."""
    lines = path.read_text().count("\n")

    assert lines <= 600, f"{named(path)} has {lines} lines: split it by what it decides"


@pytest.mark.parametrize("package", PACKAGES)
def test_import_names_belong_to_us_alone(package: str) -> None:
    """No other installed distribution ships a package of the same name (installers would overwrite silently)."""
    others = set(packages_distributions().get(package, [])) - {"penstock"}

    assert not others, f"{package} is also installed by {others}; one of the two must leave the environment"


def test_every_handler_is_listed_with_its_test() -> None:
    """A file in handlers/ that nobody lists would never answer."""
    from broker.handlers.table import HANDLERS

    listed = {handler.handle.__module__ for handler in HANDLERS}
    files = {
        "broker.handlers." + path.relative_to(SOURCE / "broker/handlers").with_suffix("").as_posix().replace("/", ".")
        for path in (SOURCE / "broker/handlers").rglob("*.py")
        if "HANDLER = Handler(" in path.read_text()
    }

    assert files == listed


def test_no_two_modules_are_named_like_the_standard_library() -> None:
    """A module named like one of the standard library's shadows it when a script is run from its folder."""
    import sys

    shadows = [named(path) for path in MODULES if path.stem in sys.stdlib_module_names and path.stem not in ("__init__", "__main__")]
    shadows = [name for name in shadows if name not in ("broker/wire/codecs",)]

    assert not shadows, f"rename {shadows}"
