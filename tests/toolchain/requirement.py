"""What a test does when a toolchain cannot be had: skip loudly at a desk, fail in CI."""

import os
from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.toolchain.cache import ToolchainUnavailable, progress

T = TypeVar("T")


def required(prepare: Callable[[], T]) -> T:
    """The result of `prepare()`; where it is unavailable the test is skipped, or failed when `CI` is set.

    CI promises the whole matrix, so there a missing part must not pass for a green run.
    """
    try:
        return prepare()
    except ToolchainUnavailable as error:
        reason = f"NOT TESTED, a toolchain is missing: {error}"
        progress(reason)
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
