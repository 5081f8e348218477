"""Asks whether anything that is known of our dependencies is a vulnerability: ``python -m tests.support.vulnerabilities LOCK...``.

The exit code is 1 when something is, or when only a part could be asked about. Where the service cannot be reached at all (a machine that sees a mirror of packages
only) it is said loudly that nothing was looked at, and the exit code is 0.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

LOCKS: Final = ("requirements/runtime.lock", "requirements/dev.lock")
_DEADLINE_S: Final = 300


def verdict(dependencies: Sequence[dict[str, Any]]) -> tuple[int, list[str]]:
    """Exit code and lines, from what pip-audit reports."""
    found = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, fixed in {', '.join(vulnerability['fix_versions']) or 'no release'}"
        for each in dependencies
        for vulnerability in each.get("vulns", ())
    ]
    skipped = [each["name"] for each in dependencies if "skip_reason" in each]
    if found:
        return 1, found
    if not dependencies or len(skipped) == len(dependencies):
        return 0, [_not_looked_at("the service does not know a single one of them")]
    if skipped:
        return 1, [f"could not be asked about: {', '.join(skipped)}"]
    return 0, [f"nothing is known against {len(dependencies)} dependencies"]


def ask(lock: str) -> tuple[int, list[str]]:
    """The same, of a lock file."""
    command = [sys.executable, "-m", "pip_audit", "-r", lock, "--disable-pip", "--progress-spinner", "off", "-f", "json"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
        report = json.loads(asked.stdout)
    except subprocess.TimeoutExpired:
        return 0, [_not_looked_at("the service did not answer")]
    except ValueError:
        return 0, [_not_looked_at(asked.stderr.strip().splitlines()[-1] if asked.stderr.strip() else "pip-audit said nothing")]
    return verdict(report["dependencies"])


def _not_looked_at(why: str) -> str:
    return f"*** SKIPPED: known vulnerabilities of dependencies were NOT looked up: {why} ***"


def main(locks: Sequence[str]) -> int:
    """Ask about every lock file."""
    worst = 0
    for lock in locks or LOCKS:
        code, lines = ask(lock)
        worst = max(worst, code)
        for line in lines:
            sys.stderr.write(f"{lock}: {line}\n")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
