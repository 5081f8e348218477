import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.TimeWindows;

/**
 * One Kafka Streams application with a choice of topologies: the first argument names the topology, the second a file with the
 * application's properties. Each state it passes through is a line of its output, "state RUNNING". SIGTERM closes it in good order.
 */
public final class StreamsApp {
    private StreamsApp() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Properties settings = new Properties();
        try (Reader file = Files.newBufferedReader(Path.of(args[1]))) {
            settings.load(file);
        }
        settings.put("default.key.serde", Serdes.StringSerde.class);
        settings.put("default.value.serde", Serdes.StringSerde.class);
        StreamsBuilder builder = new StreamsBuilder();
        switch (args[0]) {
            case "count" -> count(builder);
            case "join" -> join(builder);
            case "windows" -> windows(builder);
            default -> throw new IllegalArgumentException("there is no topology " + args[0]);
        }
        KafkaStreams streams = new KafkaStreams(builder.build(settings), settings);
        CountDownLatch ended = new CountDownLatch(1);
        streams.setStateListener(
                (now, before) -> {
                    say("state " + now);
                    if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
                        ended.countDown();
                    }
                });
        streams.setUncaughtExceptionHandler(
                error -> {
                    say("failed " + error);
                    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(30))));
        streams.start();
        ended.await();
        System.exit(streams.state() == KafkaStreams.State.ERROR ? 1 : 0);
    }

    /** How often each word has occurred in the lines of "lines" so far, to "counts": one record for each occurrence. */
    private static void count(StreamsBuilder builder) {
        KStream<String, String> lines = builder.stream("lines");
        lines.flatMapValues(line -> Arrays.asList(line.toLowerCase(Locale.ROOT).split(" ")))
                .groupBy((key, word) -> word, Grouped.as("words"))
                .count(Materialized.as("counts"))
                .toStream()
                .to("counts", Produced.with(Serdes.String(), Serdes.Long()));
    }

    /**
     * "orders" (by order, the customer) with the newest "customers" (by customer, the city), then how many of each customer, joined
     * with the table of cities: a stream-table join behind a repartitioning, and a table-table join.
     */
    private static void join(StreamsBuilder builder) {
        KTable<String, String> customers = builder.table("customers", Materialized.as("customers"));
        KStream<String, String> orders = builder.stream("orders");
        KStream<String, String> byCustomer = orders.map((order, customer) -> KeyValue.pair(customer, order));
        byCustomer.join(customers, (order, city) -> order + " to " + city).to("shipments");
        byCustomer
                .groupByKey(Grouped.as("by-customer"))
                .count(Materialized.as("orders-of-customers"))
                .join(customers, (orderCount, city) -> orderCount + " to " + city)
                .toStream()
                .to("totals");
    }

    /** How many records of each key fell into each minute, once the minute is over: one final record, "key@start". */
    private static void windows(StreamsBuilder builder) {
        builder.stream("events", Consumed.with(Serdes.String(), Serdes.String()))
                .groupByKey()
                .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofSeconds(10)))
                .count(Materialized.as("per-minute"))
                .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded()))
                .toStream()
                .map((window, count) -> KeyValue.pair(window.key() + "@" + window.window().start(), count))
                .to("minutes", Produced.with(Serdes.String(), Serdes.Long()));
    }

    private static synchronized void say(String what) {
        System.out.println(what);
        System.out.flush();
    }
}
