"""State machines of SASL mechanisms, without any input or output of their own. Pure."""
