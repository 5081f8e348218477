import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** Everything that the Admin client does for the tests. */
final class Administration {
    private final Map<String, Admin> admins = new ConcurrentHashMap<>();

    void register(Map<String, Driver.Operation> operations) {
        operations.put("topic_create", this::topicCreate);
        operations.put("topic_delete", args -> none(admin(args).deleteTopics(List.of(topic(args))).all().get()));
        operations.put("topics", args -> list("topics", admin(args).listTopics().names().get()));
        operations.put("topic_describe", this::topicDescribe);
        operations.put("partitions_grow", this::partitionsGrow);
        operations.put("config_get", this::configGet);
        operations.put(
                "config_set", args -> alter(args, args.get("value").asText(), AlterConfigOp.OpType.SET));
        operations.put("config_unset", args -> alter(args, null, AlterConfigOp.OpType.DELETE));
        operations.put("records_delete", this::recordsDelete);
        operations.put("offset", this::offset);
        operations.put("groups", this::groups);
        operations.put("group_describe", this::groupDescribe);
        operations.put("group_offsets", this::groupOffsets);
        operations.put(
                "group_delete", args -> none(admin(args).deleteConsumerGroups(List.of(group(args))).all().get()));
    }

    private ObjectNode topicCreate(JsonNode args) throws Exception {
        Map<String, String> configs =
                args.get("configs").properties().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().asText()));
        NewTopic topic = new NewTopic(topic(args), args.get("partitions").asInt(), (short) 1).configs(configs);
        return none(admin(args).createTopics(List.of(topic)).all().get());
    }

    private ObjectNode topicDescribe(JsonNode args) throws Exception {
        int count =
                admin(args).describeTopics(List.of(topic(args))).allTopicNames().get().get(topic(args))
                        .partitions().size();
        return Driver.JSON.createObjectNode().put("partitions", count);
    }

    private ObjectNode partitionsGrow(JsonNode args) throws Exception {
        NewPartitions wanted = NewPartitions.increaseTo(args.get("partitions").asInt());
        return none(admin(args).createPartitions(Map.of(topic(args), wanted)).all().get());
    }

    private ObjectNode configGet(JsonNode args) throws Exception {
        ConfigResource resource = resource(args);
        ConfigEntry entry =
                admin(args).describeConfigs(List.of(resource)).all().get().get(resource).get(args.get("name").asText());
        return Driver.JSON.createObjectNode().put("value", entry.value());
    }

    private ObjectNode alter(JsonNode args, String value, AlterConfigOp.OpType type) throws Exception {
        AlterConfigOp change = new AlterConfigOp(new ConfigEntry(args.get("name").asText(), value), type);
        return none(admin(args).incrementalAlterConfigs(Map.of(resource(args), List.of(change))).all().get());
    }

    private ObjectNode recordsDelete(JsonNode args) throws Exception {
        RecordsToDelete before = RecordsToDelete.beforeOffset(args.get("before").asLong());
        long mark =
                admin(args).deleteRecords(Map.of(partition(args), before)).lowWatermarks().get(partition(args))
                        .get().lowWatermark();
        return Driver.JSON.createObjectNode().put("low_watermark", mark);
    }

    private ObjectNode offset(JsonNode args) throws Exception {
        JsonNode at = args.get("at");
        OffsetSpec spec =
                at.isNumber()
                        ? OffsetSpec.forTimestamp(at.asLong())
                        : Map.of(
                                        "earliest", OffsetSpec.earliest(),
                                        "latest", OffsetSpec.latest(),
                                        "max_timestamp", OffsetSpec.maxTimestamp())
                                .get(at.asText());
        long offset = admin(args).listOffsets(Map.of(partition(args), spec)).all().get().get(partition(args)).offset();
        return Driver.JSON.createObjectNode().put("offset", offset);
    }

    // Replaced by listGroups in 4.1, which the 3.x line does not have.
    @SuppressWarnings("removal")
    private ObjectNode groups(JsonNode args) throws Exception {
        return list(
                "groups",
                admin(args).listConsumerGroups().all().get().stream()
                        .map(listing -> listing.groupId())
                        .collect(Collectors.toList()));
    }

    private ObjectNode groupDescribe(JsonNode args) throws Exception {
        ConsumerGroupDescription found =
                admin(args).describeConsumerGroups(List.of(group(args))).all().get().get(group(args));
        return Driver.JSON.createObjectNode()
                .put("state", stateOf(found))
                .put("members", found.members().size());
    }

    // Replaced by groupState in 4.0, likewise.
    @SuppressWarnings("removal")
    private static String stateOf(ConsumerGroupDescription found) {
        return found.state().toString();
    }

    private ObjectNode groupOffsets(JsonNode args) throws Exception {
        ObjectNode result = Driver.JSON.createObjectNode();
        ObjectNode offsets = result.putObject("offsets");
        admin(args).listConsumerGroupOffsets(group(args)).partitionsToOffsetAndMetadata().get()
                .forEach(
                        (partition, at) -> {
                            if (partition.topic().equals(topic(args))) {
                                offsets.put(Integer.toString(partition.partition()), at.offset());
                            }
                        });
        return result;
    }

    private Admin admin(JsonNode args) {
        return admins.computeIfAbsent(
                args.get("bootstrap").asText(), address -> Admin.create(Map.of("bootstrap.servers", address)));
    }

    private static ConfigResource resource(JsonNode args) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic(args));
    }

    private static String topic(JsonNode args) {
        return args.get("topic").asText();
    }

    private static String group(JsonNode args) {
        return args.get("group").asText();
    }

    private static TopicPartition partition(JsonNode args) {
        return new TopicPartition(topic(args), args.get("partition").asInt());
    }

    private static ObjectNode none(Void nothing) {
        return Driver.JSON.createObjectNode();
    }

    private static ObjectNode list(String name, Iterable<String> items) {
        ObjectNode result = Driver.JSON.createObjectNode();
        ArrayNode array = result.putArray(name);
        StreamSupport.stream(items.spliterator(), false).sorted().forEach(array::add);
        return result;
    }
}
