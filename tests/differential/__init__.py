"""The same scripts of raw requests, good and bad, against Apache Kafka and against Penstock; answers compared field by field.

- ``raw_client``: requests at any version over a socket, with our own codec.
- ``script``: what a script is and what it records; ``running``: one script against both brokers.
- ``scripts_*``: the scripts, by family of APIs; ``topics``: what they all need of topics.
- ``compare``: two records side by side; values that no two brokers share are made comparable first.
- ``differences``: every difference that is meant, with its reason; ``document`` writes ``docs/compatibility.md`` from it.
"""
