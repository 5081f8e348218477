"""Everything that can be set, and where its value comes from.

    settings          Settings: every setting of the broker, validated
    load              reads them from all sources at once
    kafka_settings    the fields that carry Kafka's names, meanings and defaults
    penstock_settings the fields that only this broker has
    setting           what is known of one setting besides its value: unit, bounds, whether it may change while running
    kafka_values      Kafka's value types: how text becomes a value, ranges, and back
    kafka_names       Kafka's broker settings and ours, both ways; those without meaning here, each with the reason
    properties        Java's .properties format
    listeners         Listener: NAME://HOST:PORT
    cross_checks      what settings must be together
    sources           flags, environment, files: who says what
    problems          what is wrong with the settings, all of it at once
    topic_table       every topic setting of Kafka: type, default, range, the broker setting it falls back to
    topic_config      TopicConfig: the settings of one topic, all defaults applied
    entry             Entry: a setting as DescribeConfigs shows it; broker_entries makes those of the broker
    live              LiveSettings: the settings as they are now, changed while running
    document          writes docs/configuration.md from all of these
"""
