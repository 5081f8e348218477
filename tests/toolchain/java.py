"""Java: a JDK, Maven, the jars of Apache Kafka, and the Java client driver compiled against two of its client lines."""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.toolchain import debian
from tests.toolchain.cache import REPOSITORY, ToolchainUnavailable, locked, prepared, progress, run

JAVA_MINIMUM = 17
"""The first Java that Apache Kafka 4 brokers run on."""

_POMS = Path(__file__).parent / "maven"
_DRIVER_SOURCES = REPOSITORY / "tests" / "clients" / "java"
_STREAMS_SOURCES = REPOSITORY / "tests" / "clients" / "java-streams"
_DEBIAN_PACKAGES = ("openjdk-17-jdk-headless", "maven")
_CLIENT_LINES = ("3.x", "4.x")
# Short-lived processes gain more from a quick start than from optimised code.
_QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx256m")


@functools.cache
def java_home() -> Path:
    """The home of a JDK (with javac) that is new enough, installed from Debian when none is present."""
    home = _present_home()
    if home is None:
        with locked("jdk"):
            home = _present_home()
            if home is None:
                debian.install(_DEBIAN_PACKAGES)
                home = _present_home()
    if home is None:
        raise ToolchainUnavailable(f"no JDK of version {JAVA_MINIMUM} or later, not even after installing one")
    return home


def java_command() -> str:
    """The `java` program."""
    return str(java_home() / "bin" / "java")


def kafka_broker_classpath() -> str:
    """The classpath of an Apache Kafka broker: main classes kafka.tools.StorageTool and kafka.Kafka."""
    return _classpath_of("kafka-broker")


def kafka_tools_classpath() -> str:
    """The classpath of Kafka's console tools: org.apache.kafka.tools.* and kafka.admin.ConfigCommand."""
    return _classpath_of("kafka-tools")


def kafka_tools_runner() -> list[str]:
    """The command that starts one of Kafka's console tools, up to its main class.

    The classes that every tool loads come from an archive made here once, which halves the time of the many short
    runs. A JVM that cannot use the archive does without it.
    """
    classpath = kafka_tools_classpath()

    def archive(folder: Path) -> None:
        progress("archiving the classes of Kafka's tools")
        hasty = folder / "hasty.properties"
        hasty.write_text("default.api.timeout.ms=500\nrequest.timeout.ms=500\n")
        # Nothing listens on port 1: the tool loads what a tool needs, fails, and leaves the archive behind.
        subprocess.run(
            [
                *(*quick_java(), f"-XX:ArchiveClassesAtExit={folder / 'tools.jsa'}", "-cp", classpath),
                *("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", "127.0.0.1:1", "--list"),
                *("--command-config", hasty),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )

    folder = prepared("kafka-tools-archive", [classpath, (java_home() / "release").read_text()], archive)
    return [*quick_java(), f"-XX:SharedArchiveFile={folder / 'tools.jsa'}", "-cp", classpath]


def kafka_streams_runner() -> list[str]:
    """The command that starts the Kafka Streams application of the tests, up to its topology and its properties."""
    jars = _classpath_of("kafka-streams")
    sources = sorted(_STREAMS_SOURCES.glob("*.java"))

    def compile_application(folder: Path) -> None:
        progress("compiling the Kafka Streams application")
        run([java_home() / "bin" / "javac", "-Xlint:all,-processing", "-Werror", "-cp", jars, "-d", folder, *sources])

    classes = prepared("kafka-streams-application", [jars, *sources], compile_application)
    return [*quick_java(), "-cp", f"{classes}:{jars}", "StreamsApp"]


def kafka_connect_runner() -> list[str]:
    """The command that starts a worker of Kafka Connect in distributed mode, up to its properties."""
    return [*quick_java(), "-cp", _classpath_of("kafka-connect"), "org.apache.kafka.connect.cli.ConnectDistributed"]


def java_classpath(line: str) -> str:
    """The classpath of the Java client driver built against kafka-clients `line`: "3.x" or "4.x"."""
    if line not in _CLIENT_LINES:
        raise ValueError(f"there is no kafka-clients line {line!r}, only {', '.join(_CLIENT_LINES)}")
    jars = _classpath_of(f"kafka-clients-{line}")
    sources = sorted(_DRIVER_SOURCES.glob("*.java"))
    if line == _CLIENT_LINES[-1]:
        sources += sorted((_DRIVER_SOURCES / "newer").glob("*.java"))

    def compile_driver(folder: Path) -> None:
        progress(f"compiling the Java driver against kafka-clients {line}")
        # One source serves both lines, so it calls what the newer one is about to remove.
        lint = ("-Xlint:all,-processing,-removal", "-Werror")
        run([java_home() / "bin" / "javac", *lint, "-cp", jars, "-d", folder, *sources])

    classes = prepared(f"java-driver-{line}", [jars, *sources], compile_driver)
    return f"{classes}:{jars}"


def kafka_plugin_classpath(source: Path) -> str:
    """A plug-in for the broker of Apache Kafka, compiled from one source."""
    jars = kafka_broker_classpath()

    def compile_plugin(folder: Path) -> None:
        progress(f"compiling {source.name} against Apache Kafka")
        run([java_home() / "bin" / "javac", "-Xlint:all,-processing,-classfile", "-cp", jars, "-d", folder, source])

    return str(prepared(f"kafka-plugin-{source.stem}", [jars, source], compile_plugin))


def java_runner(line: str) -> list[str]:
    """The command that starts the Java client driver on kafka-clients `line`: "3.x" or "4.x"."""
    return [*quick_java(), "-cp", java_classpath(line), "Driver"]


def quick_java() -> list[str]:
    """`java` with options for short-lived or small processes."""
    return [java_command(), *_QUICK_START]


def _classpath_of(name: str) -> str:
    """The classpath of a pom in `maven/`; the jars are copied so that a cleared Maven repository does no harm."""
    pom = _POMS / f"{name}.pom.xml"

    def fetch(folder: Path) -> None:
        progress(f"fetching the jars of {name} with Maven")
        run(
            [
                *(_maven(), "-B", "-q", "-ntp", "-f", pom),
                "dependency:copy-dependencies",
                f"-DoutputDirectory={folder}",
                "-DincludeScope=runtime",
            ],
            env={"JAVA_HOME": str(java_home())},
        )
        if not any(folder.glob("*.jar")):
            raise ToolchainUnavailable(f"Maven ended well but left no jars for {pom.name}")

    folder = prepared(f"jars-{name}", [pom], fetch)
    # The order is fixed, so that runs on different machines load classes alike.
    return ":".join(str(jar) for jar in sorted(folder.glob("*.jar")))


@functools.cache
def _maven() -> str:
    if shutil.which("mvn") is None:
        with locked("jdk"):
            if shutil.which("mvn") is None:
                debian.install(_DEBIAN_PACKAGES)
    found = shutil.which("mvn")
    if found is None:
        raise ToolchainUnavailable("no Maven (mvn), not even after installing it")
    return found


def _present_home() -> Path | None:
    candidates = [os.environ.get("JAVA_HOME", "")]
    javac = shutil.which("javac")
    if javac is not None:
        candidates.append(str(Path(javac).resolve().parents[1]))
    candidates += [str(home) for home in sorted(Path("/usr/lib/jvm").glob("java-*-openjdk-*"))]
    for candidate in filter(None, candidates):
        home = Path(candidate)
        if (home / "bin" / "javac").exists() and _java_version(home) >= JAVA_MINIMUM:
            return home
    return None


def _java_version(home: Path) -> int:
    try:
        answer = subprocess.run([home / "bin" / "javac", "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r"javac (\d+)", answer.stdout + answer.stderr)
    return int(found.group(1)) if found else 0
