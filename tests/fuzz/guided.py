"""One target under atheris, in a process of its own: ``python -m tests.fuzz.guided NAME SECONDS SEED``.

Mutations are libFuzzer's and ours in turn, so that its coverage leads it on from plausible messages. The last line printed on
standard output is the outcome; the exit code is 1 when a promise was broken.
"""

import os
import random
import sys
import time
import traceback
from pathlib import Path

import atheris

SEEDS = 300
NAME, SECONDS, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

with atheris.instrument_imports(include=["broker"], enable_loader_override=False):
    from broker.wire.registry import VERSIONS, codec
    from tests.fuzz.catalog import TARGETS

    # Codecs are loaded when they are first asked for, which would be too late for being instrumented.
    for api_key in VERSIONS:
        _ = codec(api_key).request_encoders, codec(api_key).response_decoders

from tests.fuzz.engine import Outcome, crash_folder, one_input, save_crash  # noqa: E402 - the instrumented imports come first
from tests.fuzz.mutation import MAX_INPUT, mutated  # noqa: E402


def main() -> None:
    """Fuzz until the time is over or a promise is broken."""
    target, outcome = TARGETS[NAME], Outcome()
    corpus = Path(".cache/fuzz/corpus").absolute() / NAME
    corpus.mkdir(parents=True, exist_ok=True)
    chance = random.Random(f"{SEED} {NAME}")
    for number in range(SEEDS):
        (corpus / f"seed-{number}").write_bytes(target.seed(chance)[:MAX_INPUT])
    target.run(target.seed(chance))
    began = time.monotonic()

    def finish() -> None:
        outcome.seconds = time.monotonic() - began
        print(outcome.line(NAME), flush=True)
        # libFuzzer ends by itself, without running Python's own end.
        os._exit(1 if outcome.crash else 0)

    def test(data: bytes) -> None:
        try:
            one_input(target, data, outcome)
        except Exception:
            outcome.crash = save_crash(target, data, crash_folder())
            traceback.print_exc()
            finish()
        if time.monotonic() - began > SECONDS:
            finish()

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        own = random.Random(seed)
        match own.randrange(4):
            case 0:
                return mutated(own, target.seed(own))[:max_size]
            case 1:
                return mutated(own, data)[:max_size]
        return bytes(atheris.Mutate(data, max_size))

    options = [f"-seed={SEED % 2**31 or 1}", f"-max_len={MAX_INPUT}", "-timeout=60", "-rss_limit_mb=4096", "-print_final_stats=0"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], test, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
