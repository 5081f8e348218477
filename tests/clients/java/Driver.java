import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Driver of the Java client: JSON lines in, JSON lines out, each command in a thread of its own.
 * The protocol is described in tests/clients/python/protocol.py. One source, compiled against each kafka-clients line;
 * what only the newer line has is in the folder "newer".
 */
public final class Driver {
    static final ObjectMapper JSON = new ObjectMapper();

    /** One operation of the protocol. */
    interface Operation {
        ObjectNode run(JsonNode args) throws Exception;
    }

    /** Some operations that belong together. */
    interface Part {
        void register(Map<String, Operation> operations);
    }

    private final Map<String, Operation> operations = new HashMap<>();
    private final PrintStream output;

    private Driver(PrintStream output) {
        this.output = output;
        Records records = new Records();
        operations.put("produce", records::produce);
        operations.put("read", records::read);
        operations.put("end", records::end);
        operations.put("stream_open", records::streamOpen);
        operations.put("stream_send", records::streamSend);
        operations.put("stream_flush", records::streamFlush);
        operations.put("stream_close", records::streamClose);
        Members members = new Members();
        operations.put("member_open", members::open);
        operations.put("member_assigned", members::assigned);
        operations.put("member_take", members::take);
        operations.put("member_close", members::close);
        Crowd crowd = new Crowd();
        operations.put("crowd_open", crowd::open);
        operations.put("crowd_sizes", crowd::sizes);
        operations.put("crowd_close", crowd::close);
        new Transactions().register(operations);
        new Transformer().register(operations);
        new Administration().register(operations);
        operations.put("login", new Logins()::login);
        registerNewer("Shares");
    }

    /** A part that was compiled for the newer client line only. */
    private void registerNewer(String name) {
        try {
            Part part = (Part) Class.forName(name).getDeclaredConstructor().newInstance();
            part.register(operations);
        } catch (ClassNotFoundException error) {
            // The older line has no such clients; who asks for one is told that there is no such operation.
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }

    public static void main(String[] args) throws IOException {
        PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        // Whatever a library prints must not mix with the answers.
        System.setOut(System.err);
        Driver driver = new Driver(output);
        ObjectNode ready = JSON.createObjectNode();
        ready.putObject("ready").put("client", "kafka-clients").put("version", version());
        driver.write(ready);
        try (BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                JsonNode command = JSON.readTree(line);
                Thread thread = new Thread(() -> driver.answer(command));
                thread.setDaemon(true);
                thread.start();
            }
        }
        // Producers and consumers keep threads of their own; the tests are done with them.
        Runtime.getRuntime().halt(0);
    }

    private static String version() throws IOException {
        Properties facts = new Properties();
        try (InputStream stream = Driver.class.getResourceAsStream("/kafka/kafka-version.properties")) {
            facts.load(stream);
        }
        return facts.getProperty("version");
    }

    private void answer(JsonNode command) {
        ObjectNode answer = JSON.createObjectNode();
        answer.set("id", command.get("id"));
        try {
            Operation operation = operations.get(command.get("op").asText());
            answer.set("result", operation.run(command.get("args")));
        } catch (Exception error) {
            Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
            answer.putObject("error")
                    .put("type", cause.getClass().getSimpleName())
                    .put("message", String.valueOf(cause.getMessage()));
            error.printStackTrace();
        }
        write(answer);
    }

    private synchronized void write(ObjectNode answer) {
        output.println(answer.toString());
        output.flush();
    }

    static byte[] decoded(JsonNode text) {
        return text == null || text.isNull() ? null : Base64.getDecoder().decode(text.asText());
    }

    static void encode(ArrayNode records, ConsumerRecord<byte[], byte[]> record) {
        ObjectNode node = records.addObject();
        node.put("partition", record.partition());
        node.put("offset", record.offset());
        node.put("timestamp", record.timestamp());
        // Jackson writes bytes as base64 and a null array as null.
        node.put("key", record.key());
        node.put("value", record.value());
        ArrayNode headers = node.putArray("headers");
        for (Header header : record.headers()) {
            headers.addArray().add(header.key()).add(header.value());
        }
    }
}
