"""The input of transformers: numbers in order, never far ahead of the results, and between them records that are never committed."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

from confluent_kafka import KafkaException, Producer

from tests.durability.load import QUICK
from tests.durability.observations import ABORTED_INPUT

_PATIENCE_S = 60.0


class _Feeding(ABC):
    """A thread until :meth:`stop`."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.stopped.set()
        self._thread.join(2 * _PATIENCE_S)
        assert not self._thread.is_alive(), "a producer of the input does not end"
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self.feed()
        except BaseException as error:
            self._error = error

    @abstractmethod
    def feed(self) -> None: ...


class Feeder(_Feeding):
    """Numbers from 0 on into each input, idempotently, as long as no more than ``ahead`` wait for their result."""

    def __init__(self, bootstrap: str, inputs: list[str], ahead: int, done: Callable[[], list[int]]) -> None:
        self.fed = [0] * len(inputs)
        self._inputs, self._ahead, self._done = inputs, ahead, done
        self._producer = Producer({**QUICK, "bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5})
        super().__init__()

    def feed(self) -> None:
        while not self.stopped.wait(0.02):
            for at, done in enumerate(self._done()):
                for number in range(self.fed[at], min(done + self._ahead, self.fed[at] + 200)):
                    self._producer.produce(
                        self._inputs[at], str(number).encode(), partition=0, on_delivery=self._delivered
                    )
                    self.fed[at] = number + 1
            self._producer.poll(0)
            if self._error is not None:
                return
        assert self._producer.flush(_PATIENCE_S) == 0

    def _delivered(self, error: object, _message: object) -> None:
        if error is not None:
            self._error = AssertionError(f"an input is not delivered: {error}")


class Noise(_Feeding):
    """Transactions over all inputs that are given up, or left open until somebody ends them."""

    def __init__(self, bootstrap: str, inputs: list[str], timeout_ms: int) -> None:
        self.aborted = 0
        self._inputs = inputs
        self._settings = {
            **QUICK,
            "bootstrap.servers": bootstrap,
            "transactional.id": "noise",
            "transaction.timeout.ms": timeout_ms,
        }
        super().__init__()

    def feed(self) -> None:
        while not self.stopped.is_set():
            producer = Producer(self._settings)
            try:
                producer.init_transactions(10)
                while not self.stopped.wait(0.2):
                    producer.begin_transaction()
                    for source in self._inputs:
                        producer.produce(source, ABORTED_INPUT, partition=0)
                    producer.flush(10)
                    producer.abort_transaction(10)
                    self.aborted += 1
            except KafkaException:
                continue  # fenced by a timeout, or cut off: the next one takes the id over
