"""What is said of users that are not there."""

from security.sasl.scram_stand_in import USUAL, Shape, shape_of, stand_in

MECHANISM = "SCRAM-SHA-256"


def test_the_same_name_gets_the_same_answer() -> None:
    """On every broker that has the secret; without it nobody can tell what it will be."""
    assert stand_in(b"s", MECHANISM, "bob") == stand_in(b"s", MECHANISM, "bob")
    assert stand_in(b"s", MECHANISM, "bob").salt != stand_in(b"t", MECHANISM, "bob").salt
    assert stand_in(b"s", MECHANISM, "bob").salt != stand_in(b"s", MECHANISM, "eve").salt
    assert stand_in(b"s", MECHANISM, "bob").salt != stand_in(b"s", "SCRAM-SHA-512", "bob").salt


def test_it_is_nobody() -> None:
    """Whatever a client proves."""
    assert stand_in(b"s", MECHANISM, "bob").identity is None


def test_it_looks_like_the_users_there_are() -> None:
    """Each kind of credential comes up, and no other."""
    shapes = (Shape(26, letters=True, iterations=8192), Shape(64, letters=False, iterations=4096), USUAL)

    seen = set()
    for number in range(200):
        account = stand_in(b"s", MECHANISM, f"user{number}", shapes)
        seen.add(shape_of(account.salt, account.iterations))

    assert seen == set(shapes)


def test_when_a_kind_comes_names_become_of_that_kind_only() -> None:
    """As users do who set another password, so that the others are not told apart from nobody by having stayed as they were."""
    new = Shape(26, letters=True, iterations=8192)
    before = (Shape(64, letters=False, iterations=4096), USUAL)
    names = [f"user{number}" for number in range(300)]

    def shapes(of: tuple[Shape, ...]) -> list[Shape]:
        accounts = [stand_in(b"s", MECHANISM, name, of) for name in names]
        return [shape_of(account.salt, account.iterations) for account in accounts]

    changed = [(old, now) for old, now in zip(shapes(before), shapes((*before, new)), strict=True) if old != now]
    assert {now for _, now in changed} == {new}
    assert 50 < len(changed) < 150
