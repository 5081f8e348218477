"""The byte budget of the process."""

from broker.server.budget import ByteBudget


def test_it_says_when_to_stop_and_resumes_those_who_wait() -> None:
    """Over the limit readers wait; they go on as soon as there is room, once."""
    budget = ByteBudget(100)
    resumed: list[str] = []

    assert budget.take(100)
    assert not budget.take(1)
    budget.wait(lambda: resumed.append("a"))
    budget.give_back(0)
    assert resumed == []
    budget.give_back(1)

    assert resumed == ["a"]
    budget.give_back(100)
    assert (resumed, budget.used) == (["a"], 0)


def test_a_waiter_may_wait_again_from_its_callback() -> None:
    """A connection that is resumed and at once over the limit again is not lost."""
    budget = ByteBudget(10)
    calls: list[int] = []

    def resume() -> None:
        calls.append(1)
        if len(calls) == 1:
            budget.take(20)
            budget.wait(resume)

    budget.take(11)
    budget.wait(resume)
    budget.give_back(11)
    assert len(calls) == 1
    budget.give_back(20)

    assert len(calls) == 2
