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
