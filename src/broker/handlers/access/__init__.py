"""Access: rules (ACLs), passwords of SCRAM users, delegation tokens."""
