"""Keys of an identity provider that is slow, down, changing its keys, or asked by somebody hostile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
import trio.testing

from broker.admin.key_set_keeper import UNKNOWN_KEY_S, KeySetKeeper, KeysNotRead
from security.sasl.oauth_bearer import TokenRefused
from security.sasl.web_token import KeyUnknown
from tests.security.sasl.tokens import NOW_S, RULES, key_list, listed, token

REFRESH_S = 3600
ONE = key_list(listed("RS256", "k1"))
BOTH = key_list(listed("RS256", "k1"), listed("RS256", "k2", number=1))


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


class Scene:
    """``answers`` is what the provider says now."""

    def __init__(self) -> None:
        self.answers: bytes | Exception = ONE
        self.asked: list[float] = []
        self.takes_s = 0.0
        self.revoked: list[str] = []
        self.keeper = KeySetKeeper(
            RULES, self.fetch, self.revoked.append, lambda: NOW_S * 1000, refresh_s=REFRESH_S, retry_s=0.1, retry_max_s=10
        )

    async def fetch(self) -> bytes:
        self.asked.append(anyio.current_time())
        await anyio.sleep(self.takes_s)
        if isinstance(self.answers, Exception):
            raise self.answers
        return self.answers

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.keeper.run)
            await anyio.sleep(0.01)
            yield
            tasks.cancel_scope.cancel()


async def test_tokens_are_read_with_the_keys_that_there_are() -> None:
    """From the first reading on; before, no token shows anybody, and nobody waits."""
    scene = Scene()
    scene.takes_s = 5
    with pytest.raises(KeyUnknown):
        scene.keeper.read(token())
    async with scene.running():
        with pytest.raises(KeyUnknown):
            scene.keeper.read(token())
        await anyio.sleep(6)

        assert scene.keeper.read(token()).principal == "User:alice"


@pytest.mark.parametrize("answer", [KeysNotRead("down"), b"<html>", b'{"keys": []}'], ids=["down", "page", "empty"])
async def test_a_provider_that_is_down_at_the_start(answer: bytes | Exception) -> None:
    """Is asked again, more and more seldom."""
    scene = Scene()
    scene.answers = answer
    async with scene.running():
        await anyio.sleep(60)
        pauses = [later - earlier for earlier, later in zip(scene.asked, scene.asked[1:], strict=False)]
        assert pauses[:5] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6])
        assert max(pauses) == pytest.approx(10)
        scene.answers = ONE
        await anyio.sleep(11)

        assert scene.keeper.read(token()).principal == "User:alice"


async def test_a_provider_that_goes_down_later_takes_nobody_along() -> None:
    """The keys that are known still hold."""
    scene = Scene()
    async with scene.running():
        scene.answers = KeysNotRead("down")
        await anyio.sleep(REFRESH_S * 2)

        assert scene.keeper.read(token()).principal == "User:alice"
        assert scene.revoked == []


async def test_a_new_key_is_known_within_seconds() -> None:
    """The first token that is signed with it is refused, and has the keys read."""
    scene = Scene()
    async with scene.running():
        await anyio.sleep(100)
        scene.answers = BOTH
        with pytest.raises(KeyUnknown):
            scene.keeper.read(token(key_id="k2", number=1))
        await anyio.sleep(1)

        assert scene.keeper.read(token(key_id="k2", number=1)).principal == "User:alice"
        assert len(scene.asked) == 2


async def test_made_up_key_ids_do_not_flood_the_provider() -> None:
    """However many there are, and however they differ: one reading in ten seconds."""
    scene = Scene()
    async with scene.running():
        for number in range(600):
            with pytest.raises(TokenRefused):
                scene.keeper.read(token(key_id=f"made up {number}"))
            await anyio.sleep(0.1)

    assert len(scene.asked) <= 60 / UNKNOWN_KEY_S + 2


async def test_the_keys_are_read_regularly() -> None:
    """Also when no token asks for it."""
    scene = Scene()
    async with scene.running():
        await anyio.sleep(REFRESH_S * 3.5)

    assert len(scene.asked) == 4


async def test_a_key_that_is_withdrawn_ends_what_rests_on_it() -> None:
    """Tokens that are signed with it show nobody from then on."""
    scene = Scene()
    scene.answers = BOTH
    async with scene.running():
        identity = scene.keeper.read(token(key_id="k2", number=1))
        scene.answers = ONE
        await anyio.sleep(REFRESH_S + 1)

        assert scene.revoked == [identity.credential]
        with pytest.raises(KeyUnknown):
            scene.keeper.read(token(key_id="k2", number=1))
