"""One script against both brokers, at the same time: what the other is doing matters to neither."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

from tests.differential.script import Script, Stage

_runs = count()
_pool = ThreadPoolExecutor(2, "differential")


def play(script: Script, version: int, bootstrap: str, prefix: str) -> Stage:
    """One run. A script that cannot go on because of an answer ends there, and that end is compared like any step."""
    stage = Stage(bootstrap, version, prefix)
    try:
        script.run(stage)
    except (AssertionError, AttributeError, IndexError, OSError, TypeError) as error:
        stage.failure = error
        stage.record("ended early", f"{type(error).__name__}: {error}")
    finally:
        stage.close()
    return stage


def side_by_side(script: Script, version: int, kafka: str, penstock: str) -> tuple[Stage, Stage]:
    """Both runs. What Apache Kafka answers is right by definition, so a script that fails there is wrong itself."""
    prefix = f"run{next(_runs):04d}"
    theirs, ours = _pool.map(lambda bootstrap: play(script, version, bootstrap, prefix), (kafka, penstock))
    if theirs.failure is not None:
        raise theirs.failure
    return theirs, ours
