"""One file for each API key, in families that do not know each other. ``table.HANDLERS`` lists them all; ``base`` says what a
handler is."""
