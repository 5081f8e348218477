"""Certificates for tests: an authority, a broker's, clients', and the files that settings name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from security.tls.issuing import Authority, Issued

__all__ = ["Authority", "Files", "Issued"]

HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Files:
    """A directory with the PEM files of a broker and of the authority that clients trust, and that theirs must come from."""

    directory: Path
    authority: Authority

    @classmethod
    def make(cls, directory: Path) -> "Files":
        files = cls(directory, Authority())
        files.write_broker(files.authority.issue("broker", hosts=HOSTS))
        files.write_authority(files.authority)
        return files

    @property
    def broker(self) -> Path:
        return self.directory / "broker.pem"

    @property
    def authorities(self) -> Path:
        return self.directory / "ca.pem"

    def write_broker(self, issued: Issued) -> None:
        self.broker.write_bytes(issued.key_pem() + issued.chain_pem())

    def write_authority(self, *authorities: Authority) -> None:
        self.authorities.write_bytes(b"".join(each.pem() for each in authorities))

    def client(self, name: str, **more: Any) -> Path:
        """A client's key and certificate in one file."""
        path = self.directory / f"{name}.pem"
        issued = self.authority.issue(name, **more)
        path.write_bytes(issued.key_pem() + issued.chain_pem())
        return path

    def settings(self, client_auth: str = "none") -> dict[str, Any]:
        """What a broker is to be told."""
        return {
            "ssl_keystore_location": str(self.broker),
            "ssl_truststore_location": str(self.authorities),
            "ssl_client_auth": client_auth,
        }
