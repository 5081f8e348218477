"""Bytes to messages and back: the Kafka wire protocol, without IO.

    errors        DecodeError (their bytes are wrong), EncodeError (we asked for the impossible)
    api           ApiKey
    error_codes   ErrorCode, and which of them a client may retry
    frames        length-prefixed frames out of a stream of bytes
    headers       request and response headers
    registry      codec of an API key, loaded on first use: where to start
    primitives    what the decoders share: varints, strings, tagged fields, with every length checked
    writer        what the encoders share: Writer, which keeps record bytes as chunks of their own
    messages/     generated: the message classes, one module for each API
    codecs/       generated: request decoders and response encoders, one module for each API
    client_codecs/  generated: the mirror image, for tests and command line tools
    records/      what is inside a records field: batches
    facts/        the tables everything is generated from; `schema` parses them, `generate` and `generator/` write the code

Names. A message's class is its Kafka name (`ProduceRequest`), fields are Kafka's in snake case. A nested struct keeps
Kafka's name where that starts with the API's own name (`FetchPartition`, `ListOffsetsTopicResponse`), and otherwise gets
its message's name in front (`FetchResponsePartitionData`, `ProduceRequestTopicProduceData`). Where request and response of one API
nest a struct of the same name, both get the message's name in front.
"""
