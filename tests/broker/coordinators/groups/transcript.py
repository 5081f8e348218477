"""Plays a transcript against one group and shows what came of each line.

    join a                     a client named a joins (its second join uses the member id it was given)
        static=i               ... as the static instance i
        protocols=range:x,rr:y ... supporting these, with this metadata (default range:a)
        type=T session=S rebalance=R   (default consumer, 10s, 60s)
        v=3                    ... with that version of the request (default 9)
        as=ID fresh            ... under that member id, or without one
    sync a [b=2 a=1] [gen=G]   sync; assignments are the leader's
    beat a [gen=G]             heartbeat; commit a [gen=G]; leave a [static=i]
    wait 5s                    time goes by, deadlines fire in their order
    saved, save fails          what the group asked to be saved is saved, or cannot be

After ``->`` stands what is expected, answers separated by ``;``, and at the end the state in brackets if given.
"""

from collections.abc import Iterator

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.commands import (
    Effect,
    JoinAnswer,
    JoinCommand,
    Leaver,
    Reply,
    Save,
    SyncAnswer,
    SyncCommand,
)
from broker.coordinators.groups.limits import GroupPolicy
from broker.wire.error_codes import ErrorCode


class Transcript:
    """One group on a clock of its own."""

    def __init__(self, policy: GroupPolicy | None = None, group: ClassicGroup | None = None) -> None:
        self.policy = policy or GroupPolicy()
        self.group = group or ClassicGroup("g", self.policy)
        self.now_ms = 1_000_000
        self.ids: dict[str, str] = {}
        self.saves: list[Save] = []
        self._fresh = 0

    def play(self, text: str) -> None:
        """Run every line of ``text`` and compare."""
        for line in text.strip().splitlines():
            command, _, expected = (part.strip() for part in line.partition("->"))
            if not command or command.startswith("#"):
                continue
            shown = "; ".join(self.run(command)) or "nothing"
            wanted, bracket, state = expected.partition("[")
            if bracket:
                state = state.rstrip("]")
                assert self.group.state.value == state, f"{line.strip()}\n  is in {self.group.state.value}: {shown}"
            if wanted.strip():
                assert shown == wanted.strip(), f"{line.strip()}\n  said: {shown}"

    def run(self, command: str) -> list[str]:
        """What one command brings about, in words."""
        verb, *words = command.split()
        return list(getattr(self, f"_{verb}")(words))

    def _join(self, words: list[str]) -> Iterator[str]:
        name, options = words[0], _options(words[1:])
        version = int(options.get("v", "9"))
        self._fresh += 1
        protocols = options.get("protocols", f"range:{name}")
        member_id = "" if "fresh" in options else options.get("as", self.ids.get(name, ""))
        command = JoinCommand(
            member_id=member_id,
            fresh_member_id=f"{name}{self._fresh}",
            group_instance_id=options.get("static"),
            client_id=name,
            client_host="/host",
            session_timeout_ms=_ms(options.get("session", "10s")),
            rebalance_timeout_ms=_ms(options.get("rebalance", "60s")),
            protocol_type=options.get("type", "consumer"),
            protocols=tuple((each.split(":")[0], each.split(":")[1].encode()) for each in protocols.split(",") if each),
            requires_known_member_id=version >= 4,
            supports_skipping_assignment=version >= 9,
        )
        yield from self._shown(self.group.join(command, name, self.now_ms))

    def _sync(self, words: list[str]) -> Iterator[str]:
        name, options = words[0], _options(words[1:])
        generation = int(options.pop("gen", str(self.group.generation)))
        command = SyncCommand(
            member_id=self.ids.get(name, name),
            group_instance_id=options.pop("static", None),
            generation=generation,
            protocol_type=options.pop("type", None),
            protocol=options.pop("protocol", None),
            assignments={self.ids.get(who, who): what.encode() for who, what in options.items()},
        )
        yield from self._shown(self.group.sync(command, name, self.now_ms))

    def _beat(self, words: list[str]) -> Iterator[str]:
        name, options = words[0], _options(words[1:])
        generation = int(options.get("gen", str(self.group.generation)))
        yield self.group.heartbeat(self.ids.get(name, name), options.get("static"), generation, self.now_ms).name

    def _commit(self, words: list[str]) -> Iterator[str]:
        name, options = words[0], _options(words[1:])
        generation = int(options.get("gen", str(self.group.generation)))
        member_id = "" if name == "nobody" else self.ids.get(name, name)
        error = self.group.commit_error(member_id, options.get("static"), generation)
        if not error:
            self.group.heard_of_committer(member_id, self.now_ms)
        yield error.name

    def _leave(self, words: list[str]) -> Iterator[str]:
        leavers = []
        for name in words:
            who, _, instance = name.partition("/")
            leavers.append(Leaver(self.ids.get(who, who), instance or None))
        outcomes, effects = self.group.leave(leavers, self.now_ms)
        yield ",".join(outcome.error.name for outcome in outcomes)
        yield from self._shown(effects)

    def _wait(self, words: list[str]) -> Iterator[str]:
        end_ms = self.now_ms + _ms(words[0])
        while self.group.wake_ms <= end_ms:
            self.now_ms = max(self.now_ms, self.group.wake_ms)
            yield from self._shown(self.group.expire(self.now_ms))
        self.now_ms = end_ms

    def _saved(self, words: list[str]) -> Iterator[str]:
        yield from self._shown(self.group.saved(self.saves.pop(0), ErrorCode.NONE, self.now_ms))

    def _save(self, words: list[str]) -> Iterator[str]:
        assert words == ["fails"]
        yield from self._shown(self.group.saved(self.saves.pop(0), ErrorCode.NOT_COORDINATOR, self.now_ms))

    def _shown(self, effects: list[Effect]) -> Iterator[str]:
        for effect in effects:
            if isinstance(effect, Save):
                self.saves.append(effect)
                yield f"save {effect.reason.name} {effect.stored.generation}"
            else:
                yield self._reply(effect)

    def _reply(self, reply: Reply) -> str:
        name, answer = reply.ticket, reply.answer
        if isinstance(answer, SyncAnswer):
            return (
                f"{name}: {answer.error.name}" if answer.error else f"{name}: gets {answer.assignment.decode() or '-'}"
            )
        return f"{name}: {self._joined(name, answer)}"

    def _joined(self, name: str, answer: JoinAnswer) -> str:
        if answer.error is ErrorCode.MEMBER_ID_REQUIRED:
            self.ids[name] = answer.member_id
            return f"is {answer.member_id}"
        if answer.error:
            return answer.error.name
        self.ids[name] = answer.member_id
        role = f"follows {answer.leader}"
        if answer.members:
            role = "leads " + ",".join(sorted(member.member_id for member in answer.members))
        skip = " skipping" if answer.skip_assignment else ""
        return f"in {answer.generation} {answer.protocol} {role}{skip}"


def _options(words: list[str]) -> dict[str, str]:
    return {word.partition("=")[0]: word.partition("=")[2] for word in words}


def _ms(text: str) -> int:
    return int(text[:-2]) if text.endswith("ms") else int(float(text.removesuffix("s")) * 1000)
