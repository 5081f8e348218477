"""TLS contexts, the names in certificates, and their change while connections go on."""
