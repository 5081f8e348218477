import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Consume, transform, produce as tests/clients/python/transforming.py describes it; and watchers of what is visible. */
final class Transformer {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Map<String, KafkaConsumer<byte[], byte[]>> watchers = new ConcurrentHashMap<>();

    void register(Map<String, Driver.Operation> operations) {
        operations.put("transform", this::transform);
        operations.put("watch_open", this::watch);
        operations.put("watch_take", this::watched);
    }

    /** Until it is killed, or cannot go on: then it throws, and whoever started it starts another. */
    private ObjectNode transform(JsonNode args) {
        String bootstrap = args.get("bootstrap").asText();
        String group = args.get("group").asText();
        TopicPartition input = new TopicPartition(args.get("input").asText(), 0);
        Random chance = new Random(args.get("seed").asLong());
        int most = args.get("most").asInt();
        KafkaProducer<byte[], byte[]> producer =
                Records.producer(
                        Map.of(
                                "bootstrap.servers", bootstrap,
                                "transactional.id", args.get("transactional_id").asText(),
                                "transaction.timeout.ms", args.get("timeout_ms").asInt(),
                                "linger.ms", 1,
                                "max.block.ms", 20_000));
        producer.initTransactions();
        KafkaConsumer<byte[], byte[]> consumer =
                Records.consumer(
                        Map.of(
                                "bootstrap.servers", bootstrap,
                                "group.id", group,
                                "isolation.level", "read_committed",
                                "max.poll.records", most,
                                "fetch.max.wait.ms", 100));
        consumer.assign(List.of(input));
        consumer.seek(input, position(consumer, input));
        while (true) {
            List<ConsumerRecord<byte[], byte[]>> taken = consumer.poll(POLL).records(input);
            if (taken.isEmpty()) {
                continue;
            }
            // The rest of what was polled is taken again.
            taken = taken.subList(0, Math.min(taken.size(), 1 + chance.nextInt(most)));
            long next = taken.get(taken.size() - 1).offset() + 1;
            consumer.seek(input, next);
            boolean doomed = chance.nextDouble() < args.get("doom").asDouble();
            producer.beginTransaction();
            step(args, chance);
            write(producer, args, taken, doomed);
            step(args, chance);
            producer.sendOffsetsToTransaction(
                    Map.of(input, new OffsetAndMetadata(next)), new ConsumerGroupMetadata(group));
            step(args, chance);
            if (doomed) {
                producer.flush();
                producer.abortTransaction();
                consumer.seek(input, position(consumer, input));
            } else {
                producer.commitTransaction();
            }
            step(args, chance);
        }
    }

    private static void write(
            KafkaProducer<byte[], byte[]> producer,
            JsonNode args,
            List<ConsumerRecord<byte[], byte[]>> taken,
            boolean doomed) {
        String name = UUID.randomUUID().toString().replace("-", "");
        int partition = args.get("partition").asInt();
        String end = args.get("client").asText() + " " + (doomed ? "doomed" : "kept");
        int place = 0;
        for (ConsumerRecord<byte[], byte[]> record : taken) {
            String number = new String(record.value(), StandardCharsets.UTF_8);
            String result = number + " " + record.offset() + " " + name + " " + place++ + " " + taken.size() + " " + end;
            producer.send(new ProducerRecord<>(args.get("output").asText(), partition, null, bytes(result)));
        }
        String audit = name + " " + taken.size() + " " + partition + " " + end;
        producer.send(new ProducerRecord<>(args.get("audit").asText(), 0, null, bytes(audit)));
    }

    private static long position(KafkaConsumer<byte[], byte[]> consumer, TopicPartition input) {
        OffsetAndMetadata found = consumer.committed(java.util.Set.of(input), PATIENCE).get(input);
        return found == null ? 0 : found.offset();
    }

    private static void step(JsonNode args, Random chance) {
        if (chance.nextDouble() < args.get("crash").asDouble()) {
            Runtime.getRuntime().halt(9);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private ObjectNode watch(JsonNode args) {
        KafkaConsumer<byte[], byte[]> consumer =
                Records.consumer(
                        Map.of(
                                "bootstrap.servers", args.get("bootstrap").asText(),
                                "isolation.level", "read_committed",
                                "fetch.max.wait.ms", 100));
        List<TopicPartition> partitions =
                consumer.partitionsFor(args.get("topic").asText()).stream()
                        .map(info -> new TopicPartition(info.topic(), info.partition()))
                        .collect(Collectors.toList());
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        watchers.put(args.get("watch").asText(), consumer);
        return Driver.JSON.createObjectNode();
    }

    private ObjectNode watched(JsonNode args) {
        KafkaConsumer<byte[], byte[]> consumer = watchers.get(args.get("watch").asText());
        ObjectNode result = Driver.JSON.createObjectNode();
        ArrayNode records = result.putArray("records");
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
            Driver.encode(records, record);
        }
        return result;
    }
}
