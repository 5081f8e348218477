"""How changes of a share group's state are laid over each other."""

from broker.storage.catalog.share_states import ShareChange, ShareState, changed, claimed, is_fenced

KEY = ("g", b"t" * 16, 0)


def test_runs_follow_or_replace_each_other() -> None:
    """Epochs and start are those of the change."""
    before = ShareState(1, 5, 0, ((5, 9, 0, 1),))
    assert changed(before, ShareChange(KEY, 1, 6, 0, ((5, 5, 2, 1),), False)) == ShareState(1, 6, 0, ((5, 9, 0, 1), (5, 5, 2, 1)))
    assert changed(before, ShareChange(KEY, 2, 0, 3, (), True)) == ShareState(2, 0, 3)
    assert changed(None, ShareChange(KEY, 0, -1, 0, (), False)) == ShareState(0, -1, 0)


def test_only_the_epoch_that_is_stored_may_go_on() -> None:
    """Higher ones never were given; what is not stored can only be created."""
    state = ShareState(4, 5, 0)
    assert [is_fenced(state, ShareChange(KEY, epoch, 5, 0, (), False)) for epoch in (3, 4, 5)] == [True, False, True]
    assert is_fenced(None, ShareChange(KEY, 0, 5, 0, (), True))
    assert not is_fenced(None, ShareChange(KEY, 0, 5, 0, (), True, True))
    assert claimed(state) == ShareState(5, 5, 0)
