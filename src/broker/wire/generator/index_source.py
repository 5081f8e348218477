"""Writes `codecs/index.py`: what must be known of every API before its codec is loaded."""

from broker.wire.generator.source import Source, module_docstring
from broker.wire.schema import ApiFacts


def index_module(apis: list[ApiFacts]) -> str:
    """The source of the module."""
    out = Source()
    out.add(module_docstring("Every API by key: its name and module, its versions, and where flexible ones begin."), "")
    out.add(
        "NEVER_FLEXIBLE = 1 << 15", '"""Above every version: the default for APIs without flexible versions."""', ""
    )
    with out.block("MODULES: dict[int, tuple[str, str]] = {"):
        out.add(*(f'{api.key}: ("{api.name}", "{api.module}"),' for api in apis))
    out.add("}", "")
    with out.block("VERSIONS: dict[int, range] = {"):
        for api in apis:
            first, last = api.request.versions.first, api.request.versions.last
            if api.request.versions != api.response.versions:
                raise ValueError(f"{api.name}: request and response differ in versions")
            out.add(f"{api.key}: range({f'{first}, ' if first else ''}{last + 1}),")
    out.add("}", "")
    with out.block("FLEXIBLE_FROM: dict[int, int] = {"):
        for api in apis:
            flexible = api.request.flexible
            if flexible != api.response.flexible:
                raise ValueError(f"{api.name}: request and response become flexible at different versions")
            out.add(f"{api.key}: {flexible.first if flexible.first <= flexible.last else 'NEVER_FLEXIBLE'},")
    out.add("}")
    return out.text()
