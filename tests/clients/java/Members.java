import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Members of consumer groups; each commits what it polled before it hands the records to the test. */
final class Members {
    private static final Duration POLL = Duration.ofMillis(250);

    private final Map<String, KafkaConsumer<byte[], byte[]>> members = new ConcurrentHashMap<>();

    ObjectNode open(JsonNode args) throws ReflectiveOperationException {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", args.get("bootstrap").asText());
        settings.put("group.id", args.get("group").asText());
        settings.put("metadata.max.age.ms", 2000);
        if (args.path("protocol").asText().equals("consumer")) {
            settings.put("group.protocol", "consumer");
        } else {
            settings.put("heartbeat.interval.ms", 1000);
            settings.put("session.timeout.ms", 10000);
        }
        KafkaConsumer<byte[], byte[]> consumer = Records.consumer(settings);
        String topic = args.get("topic").asText();
        if (topic.startsWith("^")) {
            subscribeToPattern(consumer, topic);
        } else {
            consumer.subscribe(List.of(topic));
        }
        members.put(args.get("member").asText(), consumer);
        return Driver.JSON.createObjectNode();
    }

    /** A pattern that the broker resolves; the older client line does not have it. */
    private static void subscribeToPattern(KafkaConsumer<byte[], byte[]> consumer, String pattern)
            throws ReflectiveOperationException {
        Class<?> type = Class.forName("org.apache.kafka.clients.consumer.SubscriptionPattern");
        Object resolved = type.getConstructor(String.class).newInstance(pattern);
        KafkaConsumer.class.getMethod("subscribe", type).invoke(consumer, resolved);
    }

    ObjectNode assigned(JsonNode args) {
        KafkaConsumer<byte[], byte[]> consumer = members.get(args.get("member").asText());
        long end = System.nanoTime() + args.get("deadline_ms").asLong() * 1_000_000;
        while (consumer.assignment().size() != args.get("count").asInt() && System.nanoTime() < end) {
            if (!consumer.poll(POLL).isEmpty()) {
                throw new IllegalStateException("a record came before the test sent any");
            }
        }
        ObjectNode result = Driver.JSON.createObjectNode();
        ArrayNode partitions = result.putArray("partitions");
        consumer.assignment().stream().map(TopicPartition::partition).sorted().forEach(partitions::add);
        return result;
    }

    ObjectNode take(JsonNode args) {
        KafkaConsumer<byte[], byte[]> consumer = members.get(args.get("member").asText());
        int count = args.get("count").asInt();
        long end = System.nanoTime() + args.get("deadline_ms").asLong() * 1_000_000;
        ObjectNode result = Driver.JSON.createObjectNode();
        ArrayNode records = result.putArray("records");
        while (records.size() < count && System.nanoTime() < end) {
            ConsumerRecords<byte[], byte[]> batch = consumer.poll(POLL);
            if (batch.isEmpty()) {
                continue;
            }
            try {
                consumer.commitSync();
            } catch (KafkaException error) {
                // Not committed, so not ours: the group hands these records out again.
                rewind(consumer, batch);
                continue;
            }
            for (ConsumerRecord<byte[], byte[]> record : batch) {
                Driver.encode(records, record);
            }
        }
        return result;
    }

    ObjectNode close(JsonNode args) {
        members.remove(args.get("member").asText()).close();
        return Driver.JSON.createObjectNode();
    }

    private static void rewind(KafkaConsumer<byte[], byte[]> consumer, ConsumerRecords<byte[], byte[]> batch) {
        for (TopicPartition partition : batch.partitions()) {
            if (consumer.assignment().contains(partition)) {
                consumer.seek(partition, batch.records(partition).get(0).offset());
            }
        }
    }
}
