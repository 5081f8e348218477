"""How commands reach a broker's HTTP surface: a URL, a token from a file, and an authority to trust."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from broker.cli.failure import UNREACHABLE, USAGE, CommandFailed
from broker.cli.user_requests import read_password

TIMEOUT_S: Final = 15.0
_ANSWER_MAX: Final = 1 << 20
ASKS_OVER_HTTP: Final = (
    "This asks the broker's HTTP surface, not its listeners: name it with --admin URL (or PENSTOCK_ADMIN), as the broker's setting `http` "
    "and its line `ready ... http=` have it; https:// where http_tls is on."
)
WHO_ASKS: Final = "Where http_authentication has token, give one with --token-file FILE."

AdminUrl = Annotated[str, typer.Option("--admin", envvar="PENSTOCK_ADMIN", metavar="URL", help="The broker's HTTP surface.")]
TokenFile = Annotated[Path | None, typer.Option("--token-file", metavar="FILE", help="The token that it asks for.")]
CaFile = Annotated[Path | None, typer.Option("--ca-file", metavar="FILE", help="The authority of its certificate, PEM.")]


class AdminApi:
    """``url`` is http or https; a token is sent only over https or to this machine, and never anywhere else than there."""

    def __init__(self, url: str, token_file: Path | None = None, ca_file: Path | None = None) -> None:
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise CommandFailed(f"--admin is no URL: {error}", USAGE) from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CommandFailed(f"--admin is a URL such as http://127.0.0.1:9644, not {url}", USAGE)
        if token_file is not None and parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise CommandFailed(f"a token is not sent in the clear: use https, not {url}", USAGE)
        self._url = url.rstrip("/")
        self._token = None if token_file is None else read_password(token_file)
        self._tls: Any = None
        if parts.scheme == "https":
            import ssl

            try:
                self._tls = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
            except OSError as error:
                raise CommandFailed(f"cannot use {ca_file}: {error.strerror or error}", USAGE) from error

    def get(self, path: str, parameters: Sequence[tuple[str, str]]) -> Any:
        """The JSON that is answered. Raises CommandFailed with the reason that the broker gives, or why there is none."""
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.parse import urlencode
        from urllib.request import Request

        request = Request(f"{self._url}{path}?{urlencode(parameters)}")  # noqa: S310 - http or https, checked above
        if self._token is not None:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with _opener(self._tls).open(request, timeout=TIMEOUT_S) as answer:
                return json.loads(answer.read(_ANSWER_MAX))
        except HTTPError as error:
            who = f". {WHO_ASKS}" if error.code in (401, 403) else ""
            raise CommandFailed(f"{self._url} refuses: {_reason(error)}{who}") from error
        except OSError as error:
            reason = getattr(error, "reason", error)
            if self._tls is not None and "CERTIFICATE_VERIFY_FAILED" in str(reason):
                raise CommandFailed(f"{self._url} is not trusted ({reason}). Name the authority of its certificate with --ca-file FILE.", UNREACHABLE) from error
            raise CommandFailed(
                f"nobody answers at {self._url} ({reason}). {ASKS_OVER_HTTP}", UNREACHABLE
            ) from error
        except (ValueError, HTTPException) as error:
            raise CommandFailed(f"{self._url} does not answer as a broker does. {ASKS_OVER_HTTP}") from error


def _opener(tls: Any) -> Any:
    """Goes there and nowhere else: through no proxy, and wherever an answer may point."""
    from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, build_opener

    class NoRedirects(HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    secure = [] if tls is None else [HTTPSHandler(context=tls)]
    return build_opener(NoRedirects, ProxyHandler({}), *secure)


def _reason(error: Any) -> str:
    try:
        return str(json.loads(error.read(_ANSWER_MAX))["error"])
    except (ValueError, KeyError, TypeError, OSError):
        return f"{error.code} {error.reason}"
