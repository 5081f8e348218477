import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/** Transactional producers that stay open over several commands. */
final class Transactions {
    private final Map<String, KafkaProducer<byte[], byte[]>> producers = new ConcurrentHashMap<>();

    void register(Map<String, Driver.Operation> operations) {
        operations.put("txn_open", this::open);
        operations.put("txn_begin", this::begin);
        operations.put("txn_send", this::send);
        operations.put("txn_queue", this::queue);
        operations.put("txn_offsets", this::offsets);
        operations.put("txn_commit", this::commit);
        operations.put("txn_abort", this::abort);
        operations.put("txn_close", this::close);
    }

    private ObjectNode open(JsonNode args) {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers", args.get("bootstrap").asText(),
                        "transactional.id", args.get("transactional_id").asText(),
                        "transaction.timeout.ms", args.path("timeout_ms").asInt(60_000),
                        "max.block.ms", 60_000);
        KafkaProducer<byte[], byte[]> producer = Records.producer(settings);
        producer.initTransactions();
        producers.put(args.get("producer").asText(), producer);
        return Driver.JSON.createObjectNode();
    }

    private ObjectNode begin(JsonNode args) {
        producer(args).beginTransaction();
        return Driver.JSON.createObjectNode();
    }

    private ObjectNode send(JsonNode args) throws Exception {
        List<Future<RecordMetadata>> sent = queued(args);
        producer(args).flush();
        for (Future<RecordMetadata> future : sent) {
            future.get();
        }
        return Driver.JSON.createObjectNode();
    }

    private ObjectNode queue(JsonNode args) {
        queued(args);
        return Driver.JSON.createObjectNode();
    }

    private List<Future<RecordMetadata>> queued(JsonNode args) {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (JsonNode value : args.get("values")) {
            byte[] bytes = value.asText().getBytes(StandardCharsets.UTF_8);
            sent.add(
                    producer(args)
                            .send(
                                    new ProducerRecord<>(
                                            args.get("topic").asText(), args.get("partition").asInt(), null, bytes)));
        }
        return sent;
    }

    private ObjectNode offsets(JsonNode args) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        offsets.put(
                new TopicPartition(args.get("topic").asText(), args.get("partition").asInt()),
                new OffsetAndMetadata(args.get("offset").asLong()));
        producer(args).sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata(args.get("group").asText()));
        return Driver.JSON.createObjectNode();
    }

    private ObjectNode commit(JsonNode args) {
        producer(args).commitTransaction();
        return Driver.JSON.createObjectNode();
    }

    private ObjectNode abort(JsonNode args) {
        producer(args).abortTransaction();
        return Driver.JSON.createObjectNode();
    }

    private ObjectNode close(JsonNode args) {
        producers.remove(args.get("producer").asText()).close();
        return Driver.JSON.createObjectNode();
    }

    private KafkaProducer<byte[], byte[]> producer(JsonNode args) {
        return producers.get(args.get("producer").asText());
    }
}
