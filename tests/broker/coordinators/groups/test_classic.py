"""What each request does to a group, as transcripts."""

import pytest

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import GroupState
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.groups.transcript import Transcript

TWO_STABLE = """
    join a                   -> a: is a1
    join a                   -> nothing [PreparingRebalance]
    join b                   -> b: is b3
    join b                   -> nothing
    wait 3s                  -> nothing
    wait 3s                  -> a: in 1 range leads a1,b3; b: in 1 range follows a1 [CompletingRebalance]
    sync a a=1 b=2           -> save ASSIGNMENT 1
    sync b                   -> nothing
    saved                    -> a: gets 1; b: gets 2 [Stable]
"""


def stable() -> Transcript:
    transcript = Transcript()
    transcript.play(TWO_STABLE)
    return transcript


def alone(policy: GroupPolicy | None = None) -> Transcript:
    transcript = Transcript(policy or GroupPolicy(initial_rebalance_delay_ms=0))
    transcript.play("""
        join a               -> a: is a1
        join a               -> nothing
        wait 0s              -> a: in 1 range leads a1
        sync a a=1           -> save ASSIGNMENT 1
        saved                -> a: gets 1 [Stable]
    """)
    return transcript


# --- joining --------------------------------------------------------------------------------------------------------------


def test_members_join_share_and_become_stable() -> None:
    """The whole way from an empty group to a stable one with two members."""
    stable()


def test_nobody_is_told_a_part_before_it_is_saved() -> None:
    """Assignments are answered when the group is saved, and not before."""
    transcript = alone()
    transcript.play("""
        join a               -> a: in 2 range leads a1
        sync a a=1           -> save ASSIGNMENT 2 [CompletingRebalance]
        saved                -> a: gets 1 [Stable]
    """)


def test_old_versions_join_without_coming_back() -> None:
    """Before version 4 a member without an id is taken at once."""
    Transcript().play("""
        join a v=3           -> nothing [PreparingRebalance]
        wait 3s              -> a: in 1 range leads a1
    """)


def test_the_initial_delay_is_extended_while_members_arrive() -> None:
    """Each delay in which somebody came is followed by another, up to the rebalance timeout."""
    Transcript().play("""
        join a v=3 rebalance=7s  -> nothing
        wait 2s                  -> nothing
        join b v=3 rebalance=7s  -> nothing
        wait 2s                  -> nothing
        join c v=3 rebalance=7s  -> nothing
        wait 1s                  -> nothing
        wait 1s                  -> nothing
        join d v=3 rebalance=7s  -> nothing
        wait 1s                  -> a: in 1 range leads a1,b2,c3,d4; b: in 1 range follows a1; c: in 1 range follows a1; d: in 1 range follows a1
    """)


def test_a_new_member_makes_the_others_join_again() -> None:
    """Heartbeats tell of the rebalance, and it is complete as soon as all have joined."""
    stable().play("""
        join c               -> c: is c5 [Stable]
        join c               -> nothing [PreparingRebalance]
        beat a               -> REBALANCE_IN_PROGRESS
        join a               -> nothing
        join b               -> a: in 2 range leads a1,b3,c5; b: in 2 range follows a1; c: in 2 range follows a1
    """)


def test_who_does_not_join_again_in_time_is_left_behind() -> None:
    """A member that lives but does not rejoin loses its place at the rebalance timeout, and a leader its lead."""
    stable().play("""
        join c v=3           -> nothing
        wait 9s              -> nothing
        beat a               -> REBALANCE_IN_PROGRESS
        beat b               -> REBALANCE_IN_PROGRESS
        join b               -> nothing
        wait 9s              -> nothing
        beat a               -> REBALANCE_IN_PROGRESS
        wait 9s              -> nothing
        beat a               -> REBALANCE_IN_PROGRESS
        wait 9s              -> nothing
        beat a               -> REBALANCE_IN_PROGRESS
        wait 9s              -> nothing
        beat a               -> REBALANCE_IN_PROGRESS
        wait 9s              -> nothing
        beat a               -> REBALANCE_IN_PROGRESS
        wait 6s              -> b: in 2 range leads b3,c5; c: in 2 range follows b3
        beat a gen=2         -> UNKNOWN_MEMBER_ID
    """)


def test_a_follower_that_joins_with_nothing_new_gets_the_generation_as_it_is() -> None:
    """It may have missed an answer; the others are not disturbed."""
    stable().play("""
        join b               -> b: in 1 range follows a1 [Stable]
        sync b               -> b: gets 2
    """)


def test_a_leader_that_joins_asks_for_a_rebalance() -> None:
    """The leader sees what metadata does not say, such as new partitions."""
    stable().play("""
        join a               -> nothing [PreparingRebalance]
        join b               -> a: in 2 range leads a1,b3; b: in 2 range follows a1
    """)


def test_a_follower_with_another_subscription_causes_a_rebalance() -> None:
    """Changed metadata may change everybody's part."""
    stable().play("""
        join b protocols=range:other -> nothing [PreparingRebalance]
    """)


def test_a_join_repeated_while_completing_gets_the_same_generation() -> None:
    """With unchanged metadata; the leader gets the list of members again."""
    transcript = alone()
    transcript.play("""
        join a               -> a: in 2 range leads a1
        join a               -> a: in 2 range leads a1 [CompletingRebalance]
        join a protocols=range:new -> a: in 3 range leads a1 [CompletingRebalance]
    """)


def test_a_request_overtaken_by_its_own_repetition_is_answered() -> None:
    """No connection is left waiting for an answer that never comes."""
    stable().play("""
        join a               -> nothing
        join a               -> a: REBALANCE_IN_PROGRESS
    """)


def test_ids_given_out_expire_with_the_session_timeout() -> None:
    """An id that nobody comes back with is forgotten, and does not hold up a rebalance for longer."""
    stable().play("""
        join c session=8s    -> c: is c5
        wait 4s              -> nothing
        beat a               -> NONE
        beat b               -> NONE
        join a               -> nothing
        join b               -> nothing [PreparingRebalance]
        wait 4s              -> a: in 2 range leads a1,b3; b: in 2 range follows a1
        join c               -> c: UNKNOWN_MEMBER_ID
    """)


def test_unknown_ids_are_refused() -> None:
    """A member id is given by the group, never taken from a client."""
    stable().play("""
        join x as=made-up    -> x: UNKNOWN_MEMBER_ID
        sync x gen=1         -> x: UNKNOWN_MEMBER_ID
        beat x gen=1         -> UNKNOWN_MEMBER_ID
        leave x              -> UNKNOWN_MEMBER_ID [Stable]
    """)


def test_protocols_must_have_one_in_common() -> None:
    """Another type, no protocol in common, or none at all are refused."""
    stable().play("""
        join c type=connect        -> c: INCONSISTENT_GROUP_PROTOCOL
        join c protocols=rr:x      -> c: INCONSISTENT_GROUP_PROTOCOL
        join c protocols=          -> c: INCONSISTENT_GROUP_PROTOCOL
    """)
    Transcript().play("join a protocols= -> a: INCONSISTENT_GROUP_PROTOCOL [Empty]")


def test_the_protocol_most_members_prefer_is_taken() -> None:
    """Of those that all support."""
    Transcript().play("""
        join a v=3 protocols=sticky:1,range:1,rr:1  -> nothing
        join b v=3 protocols=rr:2,range:2           -> nothing
        join c v=3 protocols=rr:3,sticky:3,range:3  -> nothing
        wait 6s -> a: in 1 rr leads a1,b2,c3; b: in 1 rr follows a1; c: in 1 rr follows a1
    """)


def test_a_full_group_takes_nobody_else() -> None:
    """group.max.size counts members; those that are in may join again."""
    transcript = alone(GroupPolicy(initial_rebalance_delay_ms=0, group_max_size=1))
    transcript.play("""
        join b               -> b: GROUP_MAX_SIZE_REACHED [Stable]
        join a               -> a: in 2 range leads a1
    """)


def test_a_smaller_maximum_leaves_out_the_last_to_rejoin() -> None:
    """When group.max.size was lowered, those that join first stay."""
    transcript = stable()
    transcript.policy.group_max_size = 1
    transcript.play("""
        join a               -> nothing
        join b               -> b: GROUP_MAX_SIZE_REACHED; a: in 2 range leads a1
    """)


def test_memory_of_a_group_is_bounded() -> None:
    """Metadata beyond the bound is refused, and a member that is in stays in."""
    transcript = alone(GroupPolicy(initial_rebalance_delay_ms=0, group_bytes_max=3000))
    transcript.play(f"""
        join b v=3 protocols=range:{"x" * 3000} -> b: GROUP_MAX_SIZE_REACHED [Stable]
        join b v=3 protocols={",".join(["range:"] * 20)} -> b: GROUP_MAX_SIZE_REACHED [Stable]
        join a protocols=range:{"x" * 3000}     -> a: GROUP_MAX_SIZE_REACHED [Stable]
        beat a                                  -> NONE
        join a                                  -> a: in 2 range leads a1
        sync a a={"y" * 3000}                   -> a: UNKNOWN_SERVER_ERROR
    """)


def test_ids_given_out_are_bounded() -> None:
    """Asking for ids without using them fills nothing up."""
    transcript = Transcript(GroupPolicy(pending_max=2))
    transcript.play("""
        join a fresh         -> a: is a1
        join a fresh         -> a: is a2
        join a fresh         -> a: COORDINATOR_NOT_AVAILABLE
        wait 10s             -> nothing
        join a fresh         -> a: is a4
    """)


# --- syncing ---------------------------------------------------------------------------------------------------------------


def test_members_the_leader_left_out_get_nothing() -> None:
    """An assignment for somebody unknown is dropped, a missing one is empty."""
    stable().play("""
        join a                -> nothing
        join b                -> a: in 2 range leads a1,b3; b: in 2 range follows a1
        sync b                -> nothing
        sync a a=1 ghost=9    -> save ASSIGNMENT 2
        saved                 -> a: gets 1; b: gets - [Stable]
    """)


def test_sync_is_refused_for_another_generation_or_protocol() -> None:
    """Protocol type and name count when the version carries them (KIP-559)."""
    stable().play("""
        sync b gen=0                        -> b: ILLEGAL_GENERATION
        sync b gen=2                        -> b: ILLEGAL_GENERATION
        sync b type=connect protocol=range  -> b: INCONSISTENT_GROUP_PROTOCOL
        sync b type=consumer protocol=rr    -> b: INCONSISTENT_GROUP_PROTOCOL
        sync b type=consumer protocol=range -> b: gets 2
        join a                              -> nothing
        sync b                              -> b: REBALANCE_IN_PROGRESS
    """)


def test_a_rebalance_breaks_off_waiting_syncs() -> None:
    """Whoever waits for the leader's assignment must join again when another rebalance begins."""
    stable().play("""
        join a                -> nothing
        join b                -> a: in 2 range leads a1,b3; b: in 2 range follows a1
        sync b                -> nothing
        join c v=3            -> b: REBALANCE_IN_PROGRESS [PreparingRebalance]
    """)


def test_members_that_never_sync_are_removed() -> None:
    """After the rebalance timeout, though they send heartbeats."""
    transcript = Transcript(GroupPolicy(initial_rebalance_delay_ms=0))
    transcript.play("""
        join a v=3 rebalance=9s -> nothing
        wait 0s                 -> a: in 1 range leads a1
        join b v=3 rebalance=9s -> nothing
        join a rebalance=9s     -> a: in 2 range leads a1,b2; b: in 2 range follows a1
        sync a a=1 b=2          -> save ASSIGNMENT 2
        saved                   -> a: gets 1 [Stable]
        wait 5s                 -> nothing
        beat a                  -> NONE
        beat b                  -> NONE
        wait 4s                 -> nothing [PreparingRebalance]
        beat b                  -> UNKNOWN_MEMBER_ID
        join a                  -> a: in 3 range leads a1
    """)


def test_a_leader_that_never_syncs_is_removed() -> None:
    """The others, who wait for it, join again under another leader."""
    stable().play("""
        join a                -> nothing
        join b                -> a: in 2 range leads a1,b3; b: in 2 range follows a1
        sync b                -> nothing
        wait 9s               -> nothing
        wait 1s               -> b: REBALANCE_IN_PROGRESS [PreparingRebalance]
        join b                -> b: in 3 range leads b3
    """)


def test_a_failed_save_makes_everybody_join_again() -> None:
    """Nobody gets a part of a generation that could not be stored; the next one may work."""
    stable().play("""
        join a                -> nothing
        join b                -> a: in 2 range leads a1,b3; b: in 2 range follows a1
        sync a a=1            -> save ASSIGNMENT 2
        sync b                -> nothing
        save fails            -> a: NOT_COORDINATOR; b: NOT_COORDINATOR [PreparingRebalance]
        join a                -> nothing
        join b                -> a: in 3 range leads a1,b3; b: in 3 range follows a1
        sync a a=1 b=2        -> save ASSIGNMENT 3
        sync b                -> nothing
        saved                 -> a: gets 1; b: gets 2 [Stable]
    """)


def test_a_save_that_comes_too_late_changes_nothing() -> None:
    """The group has begun another rebalance while its last generation was being saved."""
    stable().play("""
        join a                -> nothing
        join b                -> a: in 2 range leads a1,b3; b: in 2 range follows a1
        sync a a=1 b=2        -> save ASSIGNMENT 2
        join c v=3            -> a: REBALANCE_IN_PROGRESS [PreparingRebalance]
        saved                 -> nothing [PreparingRebalance]
    """)


def test_a_leaders_repeated_sync_is_saved_once() -> None:
    """The second request takes the place of the first."""
    alone().play("""
        join a                -> a: in 2 range leads a1
        sync a a=1            -> save ASSIGNMENT 2
        sync a a=2            -> a: REBALANCE_IN_PROGRESS
        saved                 -> a: gets 1 [Stable]
    """)


# --- heartbeats and sessions -------------------------------------------------------------------------------------------------


def test_heartbeats_keep_a_session_alive_and_silence_ends_it() -> None:
    """The deadline moves with each heartbeat; a member that is not heard of goes, and the others rebalance."""
    stable().play("""
        wait 9s               -> nothing
        beat a                -> NONE
        wait 9s               -> nothing [PreparingRebalance]
        beat b                -> UNKNOWN_MEMBER_ID
        beat a                -> REBALANCE_IN_PROGRESS
        join a                -> a: in 2 range leads a1
    """)


def test_heartbeats_are_refused_for_another_generation() -> None:
    """The member missed a rebalance."""
    stable().play("""
        beat a gen=0          -> ILLEGAL_GENERATION
        beat a gen=2          -> ILLEGAL_GENERATION
    """)


def test_heartbeats_count_before_the_sync() -> None:
    """A client may send them as soon as it has joined."""
    alone().play("""
        join a                -> a: in 2 range leads a1
        beat a                -> NONE [CompletingRebalance]
    """)


def test_a_member_that_waits_for_us_does_not_expire() -> None:
    """Its session begins anew when it is answered."""
    stable().play("""
        join a                -> nothing
        wait 8s               -> nothing
        beat b                -> REBALANCE_IN_PROGRESS
        wait 8s               -> nothing
        join b                -> a: in 2 range leads a1,b3; b: in 2 range follows a1
        wait 9s               -> nothing
        beat a                -> NONE
    """)


def test_a_new_member_whose_client_is_gone_expires() -> None:
    """A first join cannot be kept alive by heartbeats, so it may wait five minutes at most."""
    transcript = Transcript(GroupPolicy(initial_rebalance_delay_ms=0))
    transcript.play("""
        join a v=3 rebalance=900s session=600s -> nothing
        wait 0s                   -> a: in 1 range leads a1
        sync a a=1                -> save ASSIGNMENT 1
        saved                     -> a: gets 1
        join b v=3 rebalance=900s -> nothing
        wait 299s                 -> nothing
        beat a                    -> REBALANCE_IN_PROGRESS
        wait 1s                   -> b: UNKNOWN_MEMBER_ID
        join a                    -> a: in 2 range leads a1
    """)


def test_when_the_last_session_ends_the_group_is_empty_and_saved() -> None:
    """The generation goes on, so that nobody mistakes an old one for a new one."""
    alone().play("""
        wait 10s              -> save EMPTY 2 [Empty]
        saved                 -> nothing
        beat a                -> UNKNOWN_MEMBER_ID
        join a                -> a: UNKNOWN_MEMBER_ID
    """)


# --- leaving -------------------------------------------------------------------------------------------------------------------


def test_leaving_rebalances_the_others() -> None:
    """At once, without waiting for a session to end."""
    stable().play("""
        leave a               -> NONE [PreparingRebalance]
        beat b                -> REBALANCE_IN_PROGRESS
        join b                -> b: in 2 range leads b3
    """)


def test_the_last_to_leave_empties_the_group() -> None:
    """And that is saved."""
    alone().play("leave a -> NONE; save EMPTY 2 [Empty]")


def test_several_leave_with_one_rebalance() -> None:
    """One outcome each."""
    stable().play("leave a b ghost -> NONE,NONE,UNKNOWN_MEMBER_ID; save EMPTY 2 [Empty]")


def test_leaving_while_joining_or_syncing_answers_what_waits() -> None:
    """A waiting request of the member that leaves is answered, and a rebalance that waited for it only goes on."""
    stable().play("""
        join a                -> nothing
        leave b               -> NONE; a: in 2 range leads a1
        sync a                -> save ASSIGNMENT 2
        leave a               -> NONE; a: UNKNOWN_MEMBER_ID; save EMPTY 3 [Empty]
        saved                 -> nothing [Empty]
    """)
    stable().play("""
        join a                -> nothing
        leave a               -> NONE; a: UNKNOWN_MEMBER_ID [PreparingRebalance]
    """)


def test_an_id_not_yet_used_can_leave() -> None:
    """The rebalance that it held up is complete then."""
    stable().play("""
        join c                -> c: is c5
        join a                -> nothing
        join b                -> nothing
        leave c               -> NONE; a: in 2 range leads a1,b3; b: in 2 range follows a1
    """)


def test_everybody_leaving_a_new_group_ends_with_the_delay() -> None:
    """The initial rebalance delay runs out with nobody there."""
    Transcript().play("""
        join a v=3            -> nothing
        leave a1              -> NONE; a: UNKNOWN_MEMBER_ID [PreparingRebalance]
        wait 3s               -> save EMPTY 1 [Empty]
    """)


# --- static members -------------------------------------------------------------------------------------------------------------


def static(policy: GroupPolicy | None = None) -> Transcript:
    transcript = Transcript(policy)
    transcript.play("""
        join a static=i       -> nothing
        join b static=j       -> nothing
        wait 6s               -> a: in 1 range leads a1,b2; b: in 1 range follows a1
        sync a static=i a=1 b=2 -> save ASSIGNMENT 1
        sync b static=j       -> nothing
        saved                 -> a: gets 1; b: gets 2 [Stable]
    """)
    return transcript


def test_a_static_member_comes_back_without_a_rebalance() -> None:
    """It takes its place and its assignment under a new id, which is saved first; the old id is fenced."""
    static().play("""
        join b static=j fresh    -> save STATIC_MEMBER 1 [Stable]
        saved                    -> b: in 1 range follows a1 [Stable]
        sync b static=j          -> b: gets 2
        beat b2 static=j         -> FENCED_INSTANCE_ID
        sync b2 static=j         -> b2: FENCED_INSTANCE_ID
        commit b2 static=j       -> FENCED_INSTANCE_ID
        leave b2/j               -> FENCED_INSTANCE_ID
        join x as=b2 static=j    -> x: FENCED_INSTANCE_ID
        beat b2                  -> UNKNOWN_MEMBER_ID
        beat b static=unheard    -> UNKNOWN_MEMBER_ID
        beat b static=j          -> NONE
    """)


def test_a_static_leader_that_comes_back_skips_the_assignment() -> None:
    """It leads on, but assigns nothing now (KIP-814)."""
    static().play("""
        join a static=i fresh    -> save STATIC_MEMBER 1
        saved                    -> a: in 1 range leads a3,b2 skipping [Stable]
        sync a static=i          -> a: gets 1
        join a static=i          -> nothing [PreparingRebalance]
    """)


def test_an_older_static_leader_is_told_that_it_follows() -> None:
    """Before version 9 it is shown its old id as the leader, lest it computes an assignment."""
    static().play("""
        join a static=i fresh v=8 -> save STATIC_MEMBER 1
        saved                     -> a: in 1 range follows a1 [Stable]
    """)


def test_a_static_member_that_cannot_be_saved_stays_what_it_was() -> None:
    """The old id is good again."""
    static().play("""
        join b static=j fresh    -> save STATIC_MEMBER 1
        save fails               -> b: NOT_COORDINATOR [Stable]
        beat b static=j          -> NONE
        sync b static=j          -> b: gets 2
    """)


def test_a_static_member_with_another_choice_of_protocol_causes_a_rebalance() -> None:
    """When the next generation's protocol would be another."""
    transcript = Transcript(GroupPolicy(initial_rebalance_delay_ms=0))
    transcript.play("""
        join a static=i protocols=range:x,rr:x  -> nothing
        wait 0s                                 -> a: in 1 range leads a1
        sync a a=1                              -> save ASSIGNMENT 1
        saved                                   -> a: gets 1
        join a static=i fresh protocols=rr:x    -> a: in 2 rr leads a2 [CompletingRebalance]
    """)


def test_a_static_member_that_comes_back_while_completing_causes_a_rebalance() -> None:
    """The leader may be assigning to the old id."""
    static().play("""
        join a static=i          -> nothing
        join b static=j          -> a: in 2 range leads a1,b2; b: in 2 range follows a1
        sync b static=j          -> nothing
        join b static=j fresh    -> b: FENCED_INSTANCE_ID [PreparingRebalance]
        join a static=i          -> a: in 3 range leads a1,b5; b: in 3 range follows a1
    """)


def test_a_second_client_of_the_same_instance_fences_the_first() -> None:
    """Also while the first one waits in a join."""
    static().play("""
        join a static=i          -> nothing
        join a static=i fresh    -> a: FENCED_INSTANCE_ID [PreparingRebalance]
        join b static=j          -> b: in 2 range follows a4; a: in 2 range leads a4,b2
    """)


def test_a_static_member_keeps_its_place_through_a_rebalance() -> None:
    """It need not rejoin in time: only its session ends its membership."""
    transcript = Transcript(GroupPolicy(initial_rebalance_delay_ms=0))
    transcript.play("""
        join a static=i rebalance=5s session=30s -> nothing
        wait 0s                      -> a: in 1 range leads a1
        join b v=3 rebalance=5s      -> nothing
        wait 5s                      -> b: in 2 range leads a1,b2
        sync b a=1 b=2               -> save ASSIGNMENT 2
        saved                        -> b: gets 2 [Stable]
        beat a gen=2                 -> NONE
    """)


def test_a_rebalance_waits_for_static_members_when_nobody_came() -> None:
    """Nobody joined, but static members are not dropped: their sessions decide."""
    transcript = static()
    transcript.play("""
        join c v=3               -> nothing
        leave c3                 -> NONE; c: UNKNOWN_MEMBER_ID
        wait 9s                  -> nothing
        beat a static=i          -> REBALANCE_IN_PROGRESS
        wait 9s                  -> nothing [PreparingRebalance]
        beat a static=i          -> REBALANCE_IN_PROGRESS
        wait 9s                  -> nothing
        wait 1s                  -> save EMPTY 2 [Empty]
    """)


def test_an_administrator_removes_a_static_member_by_its_instance() -> None:
    """Without knowing its member id."""
    transcript = static()
    transcript.ids["nobody"] = ""
    transcript.play("""
        leave nobody/j           -> NONE [PreparingRebalance]
        leave nobody/j nobody    -> UNKNOWN_MEMBER_ID,UNKNOWN_MEMBER_ID
        join a static=i          -> a: in 2 range leads a1
    """)


# --- commits --------------------------------------------------------------------------------------------------------------------


def test_members_commit_in_their_generation() -> None:
    """And in no other, nor between joining and being stable."""
    stable().play("""
        commit a              -> NONE
        commit a gen=0        -> ILLEGAL_GENERATION
        commit ghost          -> UNKNOWN_MEMBER_ID
        commit nobody gen=-1  -> UNKNOWN_MEMBER_ID
        commit a gen=-1       -> ILLEGAL_GENERATION
        join a                -> nothing
        commit b              -> NONE [PreparingRebalance]
        join b                -> a: in 2 range leads a1,b3; b: in 2 range follows a1
        commit b              -> REBALANCE_IN_PROGRESS
    """)


def test_anybody_commits_to_an_empty_group() -> None:
    """Administrators and clients that assign partitions by themselves have no generation."""
    Transcript().play("""
        commit nobody gen=-1  -> NONE
        commit x gen=-1       -> NONE
        commit x gen=0        -> UNKNOWN_MEMBER_ID
    """)


def test_a_commit_keeps_the_session_alive() -> None:
    """Like a heartbeat."""
    alone().play("""
        wait 9s               -> nothing
        commit a              -> NONE
        wait 9s               -> nothing [Stable]
    """)


# --- the end --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["joining", "syncing"])
def test_closing_answers_whoever_waits(state: str) -> None:
    """A broker that stops keeps nobody waiting, and takes nothing more."""
    transcript = stable()
    transcript.play("join a -> nothing")
    if state == "syncing":
        transcript.run("join b")
        transcript.run("sync b")

    replies = [transcript._reply(effect) for effect in transcript.group.close(ErrorCode.NOT_COORDINATOR)]  # type: ignore[arg-type]

    assert replies == ["a: NOT_COORDINATOR" if state == "joining" else "b: NOT_COORDINATOR"]
    assert transcript.group.state is GroupState.DEAD
    transcript.play("""
        join a fresh          -> a: COORDINATOR_NOT_AVAILABLE
        sync b                -> b: COORDINATOR_NOT_AVAILABLE
        beat b                -> COORDINATOR_NOT_AVAILABLE
        commit b              -> COORDINATOR_NOT_AVAILABLE
    """)


def test_a_group_over_capacity_rebalances_after_loading() -> None:
    """group.max.size may have been lowered while the broker was down."""
    transcript = stable()
    transcript.policy.group_max_size = 1
    group: ClassicGroup = transcript.group

    assert group.rebalance_after_loading(transcript.now_ms) == []
    assert group.state is GroupState.PREPARING_REBALANCE
