"""For tests of connections that are not about quotas."""

from security.identity import Identity


class NoQuotas:
    """There are none."""

    is_active = False
    measures_time = False

    def produced(self, identity: Identity, client_id: str | None, size: int) -> int:
        return 0

    def fetched(self, identity: Identity, client_id: str | None, size: int) -> int:
        return 0

    def worked(self, identity: Identity, client_id: str | None, seconds: float) -> int:
        return 0
