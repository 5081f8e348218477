"""A campaign: every kind of fault alone, then all of them mixed, over a cluster under load; with what each did to the partitions."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.world import World

CALM_S = 2.0
"""Between two faults, so that what is measured is theirs; a partition that still stands then is waited for."""
RECOVERY_S = 60.0


@dataclass(slots=True)
class Campaign:
    """``alone_each`` times every kind by itself, then mixed ones until ``seconds`` are over."""

    world: World
    seed: int
    seconds: float
    faults: Sequence[Fault] = FAULTS
    alone_each: int = 1
    struck: Counter[str] = field(default_factory=Counter)
    pauses: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def run(self) -> None:
        """Raises AssertionError with the first thing that is wrong."""
        chance = random.Random(self.seed)
        end = time.monotonic() + self.seconds
        for _ in range(self.alone_each):
            for fault in self.faults:
                if time.monotonic() < end:
                    self.alone(fault, chance)
        deck: list[Fault] = []
        while time.monotonic() < end:
            deck = deck or chance.sample(self.faults, len(self.faults))
            fault = deck.pop()
            self.struck[f"mixed: {fault.name}"] += 1
            fault.strike(self.world, chance)
            self.world.look(chance.uniform(0.0, 3.0))
        self.world.calm()

    def alone(self, fault: Fault, chance: random.Random) -> None:
        """One fault on a healthy cluster; how long any partition stood still."""
        records = self.world.workload.records
        records.begin_measuring()
        self.struck[fault.name] += 1
        fault.strike(self.world, chance)
        self.world.recover(RECOVERY_S)
        self.pauses[fault.name].append(records.longest_pause_s())
        self.world.look(CALM_S)
        self.world.workload.groups.check_offsets()

    def beyond_limits(self) -> list[str]:
        """Pauses that were longer than is promised."""
        return [
            f"{fault.name}: {pause:.2f} s, promised {fault.limit_s:g} s"
            for fault in self.faults
            if fault.limit_s is not None
            for pause, _ in self.pauses[fault.name]
            if pause > fault.limit_s
        ]

    def figures(self) -> str:
        lines = [f"PENSTOCK_CHAOS_SEED={self.seed}: {self.seconds:g} s, {sum(self.struck.values())} faults"]
        for name, pauses in self.pauses.items():
            acknowledged, seen = max(pause for pause, _ in pauses), max(pause for _, pause in pauses)
            lines.append(
                f"  {name:32} {len(pauses)} x alone, longest pause: acknowledged {acknowledged:5.2f} s, seen {seen:5.2f} s"
            )
        mixed = {name.removeprefix("mixed: "): count for name, count in self.struck.items() if name.startswith("mixed")}
        return "\n".join([*lines, f"  mixed: {mixed}", self.world.workload.figures()])
