"""Scripts about metrics of clients (KIP-714). Apache Kafka has a plug-in that takes pushes apart and keeps nothing."""

import uuid

from broker.client_metrics.subscriptions import java_hash
from broker.wire.messages.get_telemetry_subscriptions import GetTelemetrySubscriptionsRequest
from broker.wire.messages.push_telemetry import PushTelemetryRequest
from broker.wire.records.compression import Codec, compress
from tests.broker.client_metrics.pushes import gauge, push_of
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_configs import CLIENT_METRICS, DELETE, SET, incremental, settled

ZERO, RESERVED = bytes(16), bytes(15) + b"\1"
METRICS = push_of([gauge("a.b", 1.0, topic="t")])


class Instance:
    """One client instance, as the broker knows it."""

    def __init__(self, stage: Stage, client: RawClient) -> None:
        self.stage, self.client = stage, client
        self.id, self.subscription = ZERO, 0

    def ask(self, step: str) -> None:
        answer = self.client.call(71, 0, GetTelemetrySubscriptionsRequest(client_instance_id=self.id))
        if not answer.error_code:
            was_given = self.id == ZERO
            self.id, self.subscription = answer.client_instance_id, answer.subscription_id
            answer.subscription_id ^= java_hash(self.id) - (java_hash(self.id) >> 31 << 32)
            answer.client_instance_id = b"given" if was_given else b"kept"
        self.stage.record(step, answer)

    def push(self, step: str, data: bytes = METRICS, codec: int = 0, *, last: bool = False, off: int = 0) -> None:
        request = PushTelemetryRequest(
            client_instance_id=self.id,
            subscription_id=self.subscription + off,
            terminating=last,
            compression_type=codec,
            metrics=data,
        )
        self.stage.record(step, self.client.call(72, 0, request))


@script(71, range(1))
def client_metrics(stage: Stage) -> None:
    """Who asks and pushes in time, too early, wrongly, for the last time and after it; and without any subscription."""
    admin, name, metrics = stage.client(), stage.name("pusher"), stage.name("m")
    client = stage.client(name)

    def subscribe(*operations: tuple[str, int, str | None]) -> None:
        incremental(admin, 1, (CLIENT_METRICS, metrics, list(operations)))
        settled(stage, admin)

    def instance(step: str | None = None) -> Instance:
        made = Instance(stage, client)
        made.ask(step or "asked")
        return made

    instance("without_subscription")
    subscribe(("metrics", SET, "*"), ("interval.ms", SET, "3600000"), ("match", SET, f"client_id={name}"))
    Instance(stage, admin).ask("not_matched")
    one = instance("matched")
    one.ask("asked_too_early")
    one.push("pushed")
    one.push("pushed_too_early")
    one.push("last", last=True)
    one.push("after_the_last")
    one.push("after_the_last_again", last=True)
    other = instance()
    other.push("other_subscription", off=1)
    other.ask("asks_again")
    other.push("pushes_again")
    for step, data, codec in (
        ("unknown_codec", METRICS, 9),
        ("negative_codec", METRICS, -1),
        ("too_large", bytes(1_048_577), 0),
        ("nothing", b"", 0),
        ("damaged_gzip", b"no gzip", 1),
        ("damaged_zstd", b"no zstd", 4),
        *((codec.name.lower(), bytes(compress(codec, METRICS)), codec) for codec in Codec),
    ):
        made = instance()
        made.push(step, data, codec)
        made.ask(f"{step}_asks")
    for step, instance_id in (("zero", ZERO), ("reserved", RESERVED), ("own", uuid.uuid4().bytes)):
        made = Instance(stage, client)
        made.id = instance_id
        made.push(f"{step}_pushes")
    made = Instance(stage, client)
    made.id = uuid.uuid4().bytes
    made.ask("own_asks")
    subscribe(("metrics", SET, "a."), ("interval.ms", SET, "1000"))
    made.push("subscription_changed")
    made.ask("asks_for_it")
    subscribe(("metrics", DELETE, None), ("interval.ms", DELETE, None), ("match", DELETE, None))
    made.push("subscription_gone")
    made.ask("asks_for_none")
