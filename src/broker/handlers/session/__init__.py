"""What a client asks before anything else: which APIs and versions there are."""
