import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Producing, reading without a group, and streams that stay open over several commands. */
final class Records {
    private static final Duration POLL = Duration.ofMillis(250);

    private record Stream(
            KafkaProducer<byte[], byte[]> producer, String topic, int partitions, List<Future<RecordMetadata>> sent) {}

    private final Map<String, Stream> streams = new ConcurrentHashMap<>();

    ObjectNode produce(JsonNode args) throws Exception {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers", args.get("bootstrap").asText(),
                        "compression.type", args.get("compression").asText(),
                        "acks", args.get("acks").asText(),
                        "enable.idempotence", args.get("idempotent").asBoolean(),
                        "linger.ms", 20);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        ObjectNode result = Driver.JSON.createObjectNode();
        try (KafkaProducer<byte[], byte[]> producer = producer(settings)) {
            for (JsonNode record : args.get("records")) {
                sent.add(producer.send(recordOf(args.get("topic").asText(), record)));
            }
            producer.flush();
            ArrayNode placed = result.putArray("placed");
            for (Future<RecordMetadata> future : sent) {
                RecordMetadata metadata = future.get();
                placed.addArray().add(metadata.partition()).add(metadata.offset());
            }
        }
        return result;
    }

    ObjectNode read(JsonNode args) {
        int count = args.get("count").asInt();
        long end = System.nanoTime() + args.get("deadline_ms").asLong() * 1_000_000;
        ObjectNode result = Driver.JSON.createObjectNode();
        ArrayNode records = result.putArray("records");
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers", args.get("bootstrap").asText(),
                        "isolation.level", args.path("isolation").asText("read_uncommitted"),
                        "client.rack", args.path("rack").asText(""),
                        "max.partition.fetch.bytes", args.path("fetch_bytes").asInt(1 << 20));
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(settings)) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(args.get("topic").asText()).stream()
                            .map(info -> new TopicPartition(info.topic(), info.partition()))
                            .collect(Collectors.toList());
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (records.size() < count && System.nanoTime() < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    Driver.encode(records, record);
                }
            }
        }
        return result;
    }

    ObjectNode end(JsonNode args) {
        TopicPartition partition = new TopicPartition(args.get("topic").asText(), args.get("partition").asInt());
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers", args.get("bootstrap").asText(),
                        "isolation.level", args.get("isolation").asText());
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(settings)) {
            return Driver.JSON.createObjectNode().put("offset", consumer.endOffsets(List.of(partition)).get(partition));
        }
    }

    ObjectNode streamOpen(JsonNode args) {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers", args.get("bootstrap").asText(),
                        "enable.idempotence", args.get("idempotent").asBoolean(),
                        "acks", "all",
                        // Without any broker the client may forget its metadata, and send() waits for new.
                        "max.block.ms", 120_000);
        streams.put(
                args.get("stream").asText(),
                new Stream(
                        producer(settings),
                        args.get("topic").asText(),
                        args.get("partitions").asInt(),
                        new ArrayList<>()));
        return Driver.JSON.createObjectNode();
    }

    ObjectNode streamSend(JsonNode args) {
        Stream stream = streams.get(args.get("stream").asText());
        int first = args.get("first").asInt();
        for (int number = first; number < first + args.get("count").asInt(); number++) {
            byte[] value = Integer.toString(number).getBytes(StandardCharsets.UTF_8);
            stream.sent.add(
                    stream.producer.send(
                            new ProducerRecord<>(stream.topic, number % stream.partitions, null, value)));
        }
        return Driver.JSON.createObjectNode();
    }

    ObjectNode streamFlush(JsonNode args) throws InterruptedException {
        Stream stream = streams.get(args.get("stream").asText());
        stream.producer.flush();
        ObjectNode result = Driver.JSON.createObjectNode();
        ArrayNode failed = result.putArray("failed");
        int acknowledged = 0;
        for (Future<RecordMetadata> future : stream.sent) {
            try {
                future.get();
                acknowledged++;
            } catch (ExecutionException error) {
                failed.add(String.valueOf(error.getCause()));
            }
        }
        return result.put("acknowledged", acknowledged);
    }

    ObjectNode streamClose(JsonNode args) {
        streams.remove(args.get("stream").asText()).producer.close();
        return Driver.JSON.createObjectNode();
    }

    static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> settings) {
        Map<String, Object> all = new ConcurrentHashMap<>(settings);
        all.put("enable.auto.commit", false);
        all.put("auto.offset.reset", "earliest");
        return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static KafkaProducer<byte[], byte[]> producer(Map<String, Object> settings) {
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static ProducerRecord<byte[], byte[]> recordOf(String topic, JsonNode node) {
        Integer partition = node.has("partition") ? node.get("partition").asInt() : null;
        Long timestamp = node.has("timestamp") ? node.get("timestamp").asLong() : null;
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(
                        topic,
                        partition,
                        timestamp,
                        Driver.decoded(node.get("key")),
                        Driver.decoded(node.get("value")));
        for (JsonNode header : node.path("headers")) {
            record.headers().add(header.get(0).asText(), Driver.decoded(header.get(1)));
        }
        return record;
    }
}
