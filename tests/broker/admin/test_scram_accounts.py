"""Users, tokens, and whoever is neither."""

from broker.admin.access_register import AccessRegister
from broker.admin.credential_keeper import CredentialKeeper
from broker.admin.scram_accounts import ScramAccounts, Shapes, credential_of
from broker.storage.catalog.memory import MemoryCatalog
from security.identity import Identity
from security.sasl.scram_credentials import ScramMechanism, from_password
from security.sasl.scram_stand_in import USUAL, Shape, shape_of

SHA256 = "SCRAM-SHA-256"
CREDENTIAL = from_password(ScramMechanism.SCRAM_SHA_256, "wonder", b"0123456789abcdef", 8192)
TOKEN = Identity("User:owner", mechanism=SHA256, credential="TOKEN:id", by_token=True)


def accounts(shapes: tuple[Shape, ...] = ()) -> ScramAccounts:
    return ScramAccounts(
        lambda mechanism, user: CREDENTIAL if (mechanism, user) == (SHA256, "alice") else None,
        lambda mechanism, token_id: (CREDENTIAL, TOKEN) if token_id == "id" else None,
        b"secret",
        lambda mechanism: shapes,
    )


def test_a_user_is_who_it_says() -> None:
    """For the mechanism that it has a credential for."""
    account = accounts().of(SHA256)("alice", False)

    assert account.identity == Identity("User:alice", mechanism=SHA256, credential=credential_of(SHA256, "alice"))
    assert account.salt == CREDENTIAL.salt
    assert accounts().of("SCRAM-SHA-512")("alice", False).identity is None


def test_a_token_acts_as_its_owner() -> None:
    """Neither is a token a user, nor a user a token."""
    find = accounts().of(SHA256)

    assert find("id", True).identity == TOKEN
    assert find("id", False).identity is None
    assert find("alice", True).identity is None


def test_who_is_neither_looks_like_one() -> None:
    """Like users here when there are some, like new ones otherwise."""
    shape = Shape(7, letters=False, iterations=5000)
    found = accounts((shape,)).of(SHA256)("eve", False)
    assert shape_of(found.salt, found.iterations) == shape

    found = accounts().of(SHA256)("eve", False)
    assert shape_of(found.salt, found.iterations) == USUAL


async def test_shapes_follow_the_users() -> None:
    """Each kind once, in order, by mechanism."""
    register = AccessRegister(MemoryCatalog())
    credentials = CredentialKeeper(register)
    shapes = Shapes(credentials, register)
    assert shapes.of(SHA256) == ()
    other = from_password(ScramMechanism.SCRAM_SHA_256, "x", b"\xff" * 20, 4096)
    keys = [(ScramMechanism.SCRAM_SHA_256, name) for name in ("a", "b", "c")]
    await credentials.change(dict(zip(keys, (CREDENTIAL, other, CREDENTIAL), strict=True)), [])

    assert shapes.of(SHA256) == (Shape(16, letters=True, iterations=8192), Shape(20, letters=False, iterations=4096))
    assert shapes.of("SCRAM-SHA-512") == ()
    await credentials.change({}, [keys[1]])
    assert shapes.of(SHA256) == (Shape(16, letters=True, iterations=8192),)
