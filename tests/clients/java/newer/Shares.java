import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Members of share groups (KIP-932). Only the newer client line has them: it is compiled for that one alone. */
final class Shares implements Driver.Part {
    private static final Duration POLL = Duration.ofMillis(250);

    /** A member, what its last poll gave, and what became of acknowledgements that it did not wait for. */
    private static final class Member {
        private final KafkaShareConsumer<byte[], byte[]> consumer;
        private final boolean explicit;
        private final List<ConsumerRecord<byte[], byte[]>> polled = new ArrayList<>();
        private int called;
        private String failed = "";
        private volatile boolean stops;
        private Thread running;

        Member(KafkaShareConsumer<byte[], byte[]> consumer, boolean explicit) {
            this.consumer = consumer;
            this.explicit = explicit;
            consumer.setAcknowledgementCommitCallback(
                    (offsets, error) -> {
                        called += 1;
                        if (error != null) {
                            failed = error.getClass().getSimpleName();
                        }
                    });
        }
    }

    private final Map<String, Member> members = new ConcurrentHashMap<>();

    @Override
    public void register(Map<String, Driver.Operation> operations) {
        operations.put("share_open", this::open);
        operations.put("share_take", this::take);
        operations.put("share_poll", this::poll);
        operations.put("share_acknowledge", this::acknowledge);
        operations.put("share_commit", this::commit);
        operations.put("share_run", this::run);
        operations.put("share_close", this::close);
    }

    private ObjectNode open(JsonNode args) {
        Map<String, Object> settings = new HashMap<>();
        boolean explicit = args.path("explicit").asBoolean();
        settings.put("bootstrap.servers", args.get("bootstrap").asText());
        settings.put("group.id", args.get("group").asText());
        settings.put("metadata.max.age.ms", 2000);
        settings.put("max.poll.records", args.path("max_poll").asInt(100));
        settings.put("share.acknowledgement.mode", explicit ? "explicit" : "implicit");
        KafkaShareConsumer<byte[], byte[]> consumer =
                new KafkaShareConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<String> topics = new ArrayList<>();
        args.get("topics").forEach(topic -> topics.add(topic.asText()));
        consumer.subscribe(topics);
        members.put(args.get("member").asText(), new Member(consumer, explicit));
        return Driver.JSON.createObjectNode();
    }

    /**
     * Take up to so many records, accept each batch, and hand out what was accepted; and of what the client was not told that it was accepted,
     * values and why.
     */
    private ObjectNode take(JsonNode args) {
        Member member = member(args);
        int count = args.get("count").asInt();
        long end = System.nanoTime() + args.get("deadline_ms").asLong() * 1_000_000;
        ObjectNode result = Driver.JSON.createObjectNode();
        ArrayNode records = result.putArray("records");
        ArrayNode unsure = result.putArray("unsure");
        while (records.size() < count && System.nanoTime() < end) {
            ConsumerRecords<byte[], byte[]> batch;
            try {
                batch = member.consumer.poll(POLL);
            } catch (KafkaException error) {
                // What was given before the broker went is given again.
                continue;
            }
            if (batch.isEmpty()) {
                continue;
            }
            if (member.explicit) {
                batch.forEach(member.consumer::acknowledge);
            }
            Map<TopicIdPartition, Optional<KafkaException>> outcome = member.consumer.commitSync();
            for (ConsumerRecord<byte[], byte[]> record : batch) {
                Optional<KafkaException> of =
                        outcome.entrySet().stream()
                                .filter(
                                        each ->
                                                each.getKey().topic().equals(record.topic())
                                                        && each.getKey().partition() == record.partition())
                                .map(Map.Entry::getValue)
                                .findFirst()
                                .orElse(Optional.of(new KafkaException("nothing was said of it")));
                if (of.isEmpty()) {
                    encode(records, record);
                } else {
                    encode(unsure, record);
                    ((ObjectNode) unsure.get(unsure.size() - 1)).put("error", of.get().toString());
                }
            }
        }
        return result;
    }

    /** Poll until there is something. What it is must be acknowledged explicitly, or by the next poll. */
    private ObjectNode poll(JsonNode args) {
        Member member = member(args);
        long end = System.nanoTime() + args.get("deadline_ms").asLong() * 1_000_000;
        ObjectNode result = Driver.JSON.createObjectNode();
        ArrayNode records = result.putArray("records");
        member.polled.clear();
        while (records.isEmpty() && System.nanoTime() < end) {
            for (ConsumerRecord<byte[], byte[]> record : member.consumer.poll(POLL)) {
                member.polled.add(record);
                encode(records, record);
            }
        }
        return result;
    }

    /** Say the same of all that was polled last, or of those with the values given. */
    private ObjectNode acknowledge(JsonNode args) {
        Member member = member(args);
        AcknowledgeType type = AcknowledgeType.valueOf(args.get("type").asText().toUpperCase(Locale.ROOT));
        List<String> values = new ArrayList<>();
        args.path("values").forEach(value -> values.add(value.asText()));
        for (ConsumerRecord<byte[], byte[]> record : member.polled) {
            if (values.isEmpty() || values.contains(new String(record.value()))) {
                member.consumer.acknowledge(record, type);
            }
        }
        return Driver.JSON.createObjectNode();
    }

    /** Commit and wait, or commit and poll until the answer was called back. */
    private ObjectNode commit(JsonNode args) {
        Member member = member(args);
        ObjectNode result = Driver.JSON.createObjectNode();
        ArrayNode errors = result.putArray("errors");
        if (args.path("waits").asBoolean(true)) {
            member.consumer
                    .commitSync()
                    .forEach(
                            (partition, error) ->
                                    errors.add(error.map(each -> each.getClass().getSimpleName()).orElse("")));
            return result;
        }
        int before = member.called;
        member.failed = "";
        member.consumer.commitAsync();
        long end = System.nanoTime() + 30_000_000_000L;
        while (member.called == before && System.nanoTime() < end) {
            member.polled.clear();
            member.consumer.poll(POLL).forEach(member.polled::add);
        }
        if (member.called > before) {
            errors.add(member.failed);
        }
        ArrayNode records = result.putArray("records");
        member.polled.forEach(record -> encode(records, record));
        return result;
    }

    /** Take and accept whatever there is, in a thread of its own, until the member is closed. */
    private ObjectNode run(JsonNode args) {
        Member member = member(args);
        member.running =
                new Thread(
                        () -> {
                            while (!member.stops) {
                                member.consumer.poll(POLL);
                            }
                        });
        member.running.setDaemon(true);
        member.running.start();
        return Driver.JSON.createObjectNode();
    }

    private ObjectNode close(JsonNode args) throws InterruptedException {
        Member member = members.remove(args.get("member").asText());
        member.stops = true;
        if (member.running != null) {
            member.running.join();
        }
        member.consumer.close();
        return Driver.JSON.createObjectNode();
    }

    private Member member(JsonNode args) {
        return members.get(args.get("member").asText());
    }

    private static void encode(ArrayNode records, ConsumerRecord<byte[], byte[]> record) {
        Driver.encode(records, record);
        ((ObjectNode) records.get(records.size() - 1))
                .put("topic", record.topic())
                .put("deliveries", record.deliveryCount().orElse((short) 0));
    }
}
