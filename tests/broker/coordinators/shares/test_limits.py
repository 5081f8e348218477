"""Limits of share groups."""

from broker.config.group_table import GROUP_SETTINGS
from broker.config.settings import Settings
from broker.coordinators.shares.limits import ShareLimits


def test_defaults_are_those_of_the_settings() -> None:
    """Of a group that sets nothing, on a broker that sets nothing."""
    settings = Settings(data_dir="unused")
    read = {name: setting.fall_back(settings) for name, setting in GROUP_SETTINGS.items()}
    assert ShareLimits() == ShareLimits(
        deliveries_max=read["share.delivery.count.limit"],
        lock_ms=read["share.record.lock.duration.ms"],
        locks_max=read["share.partition.max.record.locks"],
        may_renew=read["share.renew.acknowledge.enable"],
    )
