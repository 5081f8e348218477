-- Members of the classic protocol in groups of the consumer protocol (KIP-848), while a group passes from one to the other.
-- classic: JSON, session timeout and protocols that the member joined with; NULL for a member of the consumer protocol.

ALTER TABLE consumer_protocol_members ADD COLUMN classic TEXT;
