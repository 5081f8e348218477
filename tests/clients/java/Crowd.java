import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Members of groups that poll and commit all the time, each in a thread of its own. What happens to each goes to a ledger, a file that a
 * kill of this process leaves behind; its lines are described in tests/clients/group_ledger.py.
 */
final class Crowd {
    private static final Duration POLL = Duration.ofMillis(100);

    private final Map<String, Runner> runners = new ConcurrentHashMap<>();

    ObjectNode open(JsonNode args) {
        Map<String, Object> settings = new HashMap<>();
        args.get("settings").properties().forEach(entry -> settings.put(entry.getKey(), entry.getValue().asText()));
        settings.put("bootstrap.servers", args.get("bootstrap").asText());
        settings.put("group.id", args.get("group").asText());
        Runner runner =
                new Runner(Records.consumer(settings), args.get("topic").asText(), Path.of(args.get("ledger").asText()));
        runners.put(args.get("member").asText(), runner);
        runner.thread.start();
        return Driver.JSON.createObjectNode();
    }

    /** How many partitions each member has now. */
    ObjectNode sizes(JsonNode args) {
        ObjectNode result = Driver.JSON.createObjectNode();
        runners.forEach((name, runner) -> result.put(name, runner.size));
        return result;
    }

    ObjectNode close(JsonNode args) throws InterruptedException {
        Runner runner = runners.remove(args.get("member").asText());
        runner.stops = true;
        runner.thread.join();
        if (runner.failure != null) {
            throw new IllegalStateException(runner.failure);
        }
        return Driver.JSON.createObjectNode();
    }

    private static final class Runner implements Runnable, ConsumerRebalanceListener {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final String topic;
        private final Path ledger;
        private final Thread thread = new Thread(this);
        private volatile boolean stops;
        private volatile int size;
        private volatile Exception failure;

        Runner(KafkaConsumer<byte[], byte[]> consumer, String topic, Path ledger) {
            this.consumer = consumer;
            this.topic = topic;
            this.ledger = ledger;
            thread.setDaemon(true);
        }

        @Override
        public void run() {
            try (consumer) {
                consumer.subscribe(List.of(topic), this);
                while (!stops) {
                    ConsumerRecords<byte[], byte[]> batch = consumer.poll(POLL);
                    size = consumer.assignment().size();
                    if (!batch.isEmpty()) {
                        take(batch);
                    }
                }
            } catch (RuntimeException error) {
                failure = error;
                error.printStackTrace();
            }
        }

        private void take(ConsumerRecords<byte[], byte[]> batch) {
            write("read", batch);
            try {
                consumer.commitSync();
                write("committed", batch);
            } catch (KafkaException error) {
                write("uncommitted", batch);
                for (TopicPartition partition : batch.partitions()) {
                    if (consumer.assignment().contains(partition)) {
                        consumer.seek(partition, batch.records(partition).get(0).offset());
                    }
                }
            }
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            write("assigned", partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            write("revoked", partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            write("lost", partitions);
        }

        private void write(String what, Collection<TopicPartition> partitions) {
            if (!partitions.isEmpty()) {
                write(what, partitions.stream().map(each -> "" + each.partition()).collect(Collectors.joining(" ")));
            }
        }

        private void write(String what, ConsumerRecords<byte[], byte[]> batch) {
            for (TopicPartition partition : batch.partitions()) {
                List<ConsumerRecord<byte[], byte[]>> records = batch.records(partition);
                long first = records.get(0).offset();
                write(what, partition.partition() + " " + first + " " + (first + records.size()));
            }
        }

        private void write(String what, String rest) {
            String line = System.currentTimeMillis() + " " + what + " " + rest + "\n";
            try {
                Files.write(
                        ledger,
                        line.getBytes(StandardCharsets.UTF_8),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }
    }
}
