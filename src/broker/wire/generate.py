"""`python -m broker.wire.generate [--check]`: writes the generated modules from the message facts.

With `--check` nothing is written; the exit status says whether the checked-in modules are what the facts produce.
"""

import sys
from pathlib import Path

from broker.wire.generator.class_source import messages_module
from broker.wire.generator.codec_source import client_module, server_module
from broker.wire.generator.index_source import index_module
from broker.wire.schema import load_all

PACKAGE_DIR = Path(__file__).parent
GENERATED_DIRS = ("messages", "codecs", "client_codecs")
HAND_WRITTEN = frozenset({"__init__.py", "base.py"})


def generated_files() -> dict[Path, str]:
    """Path and text of every generated module."""
    files: dict[Path, str] = {}
    apis = load_all()
    files[PACKAGE_DIR / "codecs" / "index.py"] = index_module(apis)
    for api in apis:
        files[PACKAGE_DIR / "messages" / f"{api.module}.py"] = messages_module(api)
        files[PACKAGE_DIR / "codecs" / f"{api.module}.py"] = server_module(api)
        files[PACKAGE_DIR / "client_codecs" / f"{api.module}.py"] = client_module(api)
    return files


def stale_files() -> list[Path]:
    """The generated modules that are missing, outdated, or left over."""
    wanted = generated_files()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for folder in GENERATED_DIRS:
        present = {path for path in (PACKAGE_DIR / folder).glob("*.py") if path.name not in HAND_WRITTEN}
        stale.extend(present - wanted.keys())
    return sorted(stale)


def main(arguments: list[str]) -> int:
    """The exit status: 0 when everything is up to date afterwards."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    stale = stale_files()
    if arguments:
        for path in stale:
            sys.stderr.write(f"stale: {path}\n")
        return 1 if stale else 0
    wanted = generated_files()
    for path in stale:
        if path in wanted:
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
