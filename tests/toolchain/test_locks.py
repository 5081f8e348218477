"""What the toolchains are made from is pinned, and names no host to fetch it from."""

import re
from pathlib import Path

import pytest

from tests.toolchain.cache import REPOSITORY

LOCKS = [
    *sorted((REPOSITORY / "tests/toolchain").glob("*.requirements.txt")),
    *sorted((REPOSITORY / "tests/toolchain/maven").glob("*.pom.xml")),
    REPOSITORY / "tests/clients/node/package-lock.json",
    REPOSITORY / "tests/clients/node/.npmrc",
    REPOSITORY / "tests/clients/go/go.sum",
    REPOSITORY / "tests/toolchain/versitygw/go.sum",
]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_lock_names_no_registry(path: Path) -> None:
    """The ordinary clients know where to fetch from; a mirror is their own setting."""
    text = path.read_text().replace("http://maven.apache.org/POM/4.0.0", "")

    assert not re.search(r"https?://", text)


@pytest.mark.parametrize("path", [lock for lock in LOCKS if lock.name.endswith(".txt")], ids=lambda path: path.name)
def test_python_packages_are_pinned_with_hashes(path: Path) -> None:
    """Each package has one version, and pip checks what it got."""
    text = path.read_text()

    assert re.search(r"^[\w-]+==\S+", text, re.MULTILINE)
    assert not re.search(r"^[\w-]+(?!==)[<>~]", text, re.MULTILINE)
    assert "--hash=sha256:" in text


@pytest.mark.parametrize("path", [lock for lock in LOCKS if lock.name.endswith(".xml")], ids=lambda path: path.name)
def test_maven_versions_are_exact(path: Path) -> None:
    """No version is a range, and none is a snapshot."""
    versions = re.findall(r"<version>(.*?)</version>", path.read_text())

    assert versions
    assert all(re.fullmatch(r"[\d.]+", version) for version in versions)
