"""The message classes, one generated module for each API: `messages.produce`, `messages.fetch`...

A class is shared by all versions of its message: a field that the version at hand does not carry holds its default after
decoding and is ignored when encoding. Constructors take keywords only and default every field. Times are in
milliseconds, error codes and ids plain ints, uuids sixteen bytes, record fields buffers. A struct in a tagged field is
None when it was left out.
"""
