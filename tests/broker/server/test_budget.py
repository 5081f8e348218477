"""The byte budget of the process: who may read when bytes are scarce."""

import random
from collections.abc import Iterator

from broker.server.budget import ByteBudget


class Client:
    """A connection that sends frames of ``size`` bytes and remembers whether it may read."""

    def __init__(self, budget: ByteBudget, size: int = 0, is_large: bool = False) -> None:
        self.budget = budget
        self.is_large = is_large
        self.size = size
        self.held = 0
        self.arrived = 0
        self.reading = True
        self.told = 0
        self.busy = False
        budget.join()

    @property
    def missing(self) -> int:
        return self.size - self.arrived

    def budget_has_room(self) -> None:
        self.told += 1
        self.ask()

    def ask(self) -> bool:
        if self.busy:
            self.budget.stop_waiting(self)
            self.reading = False
        else:
            held = self.held + self.arrived
            is_large = self.is_large and self.arrived > 0
            asks = self.budget.scarce or (is_large and self.budget.is_crowded)
            self.reading = not asks or self.budget.may_read(self, held, self.arrived > 0, is_large)
        return self.reading

    def hold(self, count: int) -> bool:
        """Send whole requests; whether more may follow."""
        self.held += count
        self.budget.take(count)
        return self.ask()

    def serve(self, count: int) -> None:
        self.held -= count
        self.budget.give_back(count)
        self.ask()

    def arrive(self, count: int) -> bool:
        """Send a part of a large frame; whether more may follow."""
        self.arrived += count
        self.budget.take_unfinished(count)
        if self.missing:
            return self.ask()
        self.held, self.arrived = self.held + self.size, 0
        self.budget.frame_is_whole(self, self.size)
        return self.ask()

    def leave(self) -> None:
        self.budget.leave(self, self.arrived)
        self.budget.give_back(self.held)


def test_everybody_reads_while_half_of_it_is_free() -> None:
    """However much one holds."""
    budget = ByteBudget(1000)
    one = Client(budget)

    assert one.hold(500)
    assert not one.hold(1)
    one.serve(1)
    assert one.reading
    assert budget.used == 500


def test_who_fills_it_stops_only_himself() -> None:
    """Above half each goes on below a share of its own: who holds nothing may always read."""
    budget = ByteBudget(1000)
    greedy, honest = Client(budget), Client(budget)
    assert not greedy.hold(5000)
    for _ in range(5):
        assert honest.ask()
        assert honest.hold(budget.share - 1)
        assert not honest.hold(1)
        honest.serve(budget.share)
        assert honest.reading

    assert not greedy.reading
    greedy.serve(4500)
    assert greedy.reading


def test_who_waits_is_told_once_there_is_room_and_may_have_to_wait_again() -> None:
    """A connection that is resumed and at once over again is not lost."""
    budget = ByteBudget(1000)
    one, two = Client(budget), Client(budget)
    one.hold(300)
    two.hold(400)
    one.ask()
    two.serve(200)
    assert (one.told, one.reading) == (1, True)
    two.serve(200)
    assert one.told == 1
    assert not one.hold(300)
    one.serve(300)

    assert one.reading


def test_one_unfinished_frame_goes_on_and_the_others_wait() -> None:
    """When nothing else can give anything back, the one that lacks the fewest bytes has the turn, until it is whole."""
    budget = ByteBudget(1000)
    large, small, least = (Client(budget, size) for size in (900, 500, 450))
    assert large.arrive(400)
    assert large.arrive(200), "nobody else waits: it has the turn"
    assert not small.arrive(300)
    assert not least.arrive(300)
    assert large.arrive(299)
    assert budget.holds_up(large)
    large.arrive(1)
    assert (small.reading, least.reading) == (False, False), "what is being served gives back by itself"
    large.serve(900)
    assert (small.reading, least.reading) == (False, True)
    assert budget.holds_up(least)
    least.leave()

    assert small.reading
    small.leave()
    large.leave()
    assert (budget.used, budget.unfinished) == (0, 0)


def test_the_turn_is_passed_on_by_who_cannot_use_it() -> None:
    """One that reads nothing for reasons of its own holds up nobody."""
    budget = ByteBudget(1000)
    first, second, third = (Client(budget, 1000) for _ in range(3))
    assert first.arrive(600)
    assert not second.arrive(200)
    assert not third.arrive(100)
    second.busy = True
    first.leave()
    assert budget.used == 300
    assert third.reading

    third.arrive(400)
    assert third.reading
    third.busy = True
    third.ask()
    second.busy = False
    assert second.ask()


def steps(clients: list[Client], served: dict[Client, int], read: int, chance: random.Random) -> Iterator[None]:
    """By chance a client sends a part of one of its two frames, or one that is whole is served; until nobody can."""
    for _ in range(1_000_000):
        able = [client for client in clients if client.reading and served[client] < 2 and client.held < client.size]
        whole = [client for client in clients if client.held]
        if not able and not whole:
            return
        if able and (not whole or chance.random() < 0.9):
            client = chance.choice(able)
            client.arrive(min(read, client.missing))
        else:
            client = chance.choice(whole)
            served[client] += client.held // client.size
            client.serve(client.held)
        yield


def test_bytes_stay_within_the_limit_one_frame_and_one_read_each() -> None:
    """And every frame comes through in the end, whatever the order in which clients send and requests are served."""
    for seed in range(30):
        chance = random.Random(seed)
        limit, read, frame = 10_000, chance.choice((10, 100, 500)), chance.choice((2000, 5000, 30_000))
        budget = ByteBudget(limit)
        clients = [Client(budget, frame) for _ in range(chance.randrange(1, 40))]
        served = dict.fromkeys(clients, 0)
        most = limit + frame + read * len(clients)
        for _ in steps(clients, served, read, chance):
            assert budget.used <= most
        assert set(served.values()) == {2}, f"seed {seed}: frames wait for each other"
        assert (budget.used, budget.unfinished) == (0, 0)


def test_very_large_frames_have_a_sixteenth_and_come_one_at_a_time_beyond_it() -> None:
    """However much else is free; others read as ever."""
    budget = ByteBudget(16_000)
    large = [Client(budget, size, is_large=True) for size in (6000, 5000, 5500)]
    other = Client(budget, 3000)
    assert large[0].arrive(900)
    assert large[1].arrive(90)
    assert large[0].arrive(100), "nobody else waits: it has the turn"
    assert not large[1].arrive(300)
    assert not large[2].arrive(400)
    assert other.arrive(2000)
    assert not budget.scarce
    assert budget.holds_up(large[0])
    large[0].arrive(5000)
    assert [each.reading for each in large[1:]] == [True, False], "the one that lacks the fewest bytes is next"
    large[1].leave()
    assert large[2].reading
    other.arrive(1000)
    large[2].arrive(5100)
    assert budget.unfinished == 0
    for client in (large[0], large[2], other):
        client.leave()
    assert budget.used == 0


def test_who_waits_with_a_very_large_frame_goes_on_when_there_is_less_of_such() -> None:
    """Without anything being given back: a frame that is whole is no longer in the way."""
    budget = ByteBudget(16_000)
    turn, waits = Client(budget, 2000, is_large=True), Client(budget, 4000, is_large=True)
    assert turn.arrive(1600)
    assert not waits.arrive(700)
    turn.busy = True
    assert not turn.ask()
    assert waits.reading, "the turn is passed on"
    third = Client(budget, 3000, is_large=True)
    assert not third.arrive(400)
    waits.leave()
    assert third.reading


def test_very_large_frames_stay_within_their_part_and_all_come_through() -> None:
    """Beside frames that are not, in any order."""
    for seed in range(40):
        chance = random.Random(seed)
        limit, read = 16_000, chance.choice((10, 100, 400))
        budget = ByteBudget(limit)
        clients = [Client(budget, chance.randrange(3000, 9000), is_large=chance.random() < 0.7) for _ in range(chance.randrange(1, 40))]
        served = dict.fromkeys(clients, 0)
        biggest = max(client.size for client in clients)
        for _ in steps(clients, served, read, chance):
            large = [client.arrived for client in clients if client.is_large]
            if all(client.is_large for client in clients):
                assert sum(large) <= 2 * budget.large_ample + biggest + read * len(clients)
            assert budget.used <= limit + biggest + read * len(clients)
        assert set(served.values()) == {2}, f"seed {seed}: frames wait for each other"
        assert (budget.used, budget.unfinished) == (0, 0)
