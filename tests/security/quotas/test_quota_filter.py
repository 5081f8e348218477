"""Which quotas are shown for which question."""

import pytest

from security.quotas.entity import QuotaEntity
from security.quotas.quota_filter import FilterProblem, QuotaFilter

ENTITIES = [
    QuotaEntity.of(parts)
    for parts in (
        {"user": "a"},
        {"user": None},
        {"user": "a", "client-id": "x"},
        {"user": "a", "client-id": None},
        {"client-id": "x"},
        {"ip": "10.0.0.1"},
    )
]
EXACT, DEFAULT, ANY = range(3)


def found(*components: tuple[str, int, str | None], is_strict: bool = False) -> list[int]:
    wanted = QuotaFilter.of(components, is_strict=is_strict)
    return [index for index, entity in enumerate(ENTITIES) if wanted.fits(entity)]


@pytest.mark.parametrize(
    ("components", "loose", "strict"),
    [
        ((), [0, 1, 2, 3, 4, 5], []),
        ((("user", EXACT, "a"),), [0, 2, 3], [0]),
        ((("user", DEFAULT, None),), [1], [1]),
        ((("user", ANY, None),), [0, 1, 2, 3], [0, 1]),
        ((("client-id", EXACT, "x"),), [2, 4], [4]),
        ((("user", EXACT, "a"), ("client-id", DEFAULT, None)), [3], [3]),
        ((("user", ANY, None), ("client-id", ANY, None)), [2, 3], [2, 3]),
        ((("ip", ANY, None),), [5], [5]),
        ((("user", EXACT, "nobody"),), [], []),
    ],
)
def test_what_fits(components: tuple[tuple[str, int, str | None], ...], loose: list[int], strict: list[int]) -> None:
    """By name, default and type; strictly, with no part more."""
    assert found(*components) == loose
    assert found(*components, is_strict=True) == strict


@pytest.mark.parametrize(
    "components",
    [
        [("", EXACT, "a")],
        [("user", EXACT, "a"), ("user", ANY, None)],
        [("user", 3, "a")],
        [("user", EXACT, None)],
        [("user", DEFAULT, "a")],
        [("user", ANY, "a")],
        [("user", ANY, None), ("ip", ANY, None)],
    ],
)
def test_questions_without_meaning(components: list[tuple[str, int, str | None]]) -> None:
    """Are refused, and the reason is not that the type is unknown."""
    with pytest.raises(FilterProblem) as caught:
        QuotaFilter.of(components, is_strict=False)

    assert not caught.value.is_unknown_type


def test_an_unknown_type_is_told_apart() -> None:
    """A newer broker may know it."""
    with pytest.raises(FilterProblem) as caught:
        QuotaFilter.of([("colour", EXACT, "red")], is_strict=False)

    assert caught.value.is_unknown_type
