import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.auth.SaslExtensionsCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerTokenCallback;

/** Rounds of requests by somebody who has logged in. */
final class Logins {
    /** A client may log in again once a second. */
    private static final long PAUSE_MS = 1100;

    /** Tokens by the name of their user: a callback handler is made by Kafka, which passes nothing but text. */
    private static final Map<String, String> TOKENS = new ConcurrentHashMap<>();

    ObjectNode login(JsonNode args) throws Exception {
        String mechanism = args.get("mechanism").asText();
        String user = args.get("user").asText();
        String secret = args.get("secret").asText();
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", args.get("bootstrap").asText());
        settings.put("security.protocol", "SASL_PLAINTEXT");
        settings.put("sasl.mechanism", mechanism);
        settings.put("default.api.timeout.ms", 20000);
        settings.put("request.timeout.ms", 10000);
        if (mechanism.equals("OAUTHBEARER")) {
            String name = user + Integer.toHexString(secret.hashCode());
            TOKENS.put(name, secret);
            settings.put(
                    "sasl.jaas.config",
                    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required name=\"" + name + "\";");
            settings.put("sasl.login.callback.handler.class", Tokens.class.getName());
        } else {
            String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
            settings.put(
                    "sasl.jaas.config",
                    String.format(
                            "org.apache.kafka.common.security.%s required username=\"%s\" password=\"%s\";",
                            module, user, secret));
        }
        int rounds = 0;
        long end = System.currentTimeMillis() + (long) (args.get("seconds").asDouble() * 1000);
        try (Admin admin = Admin.create(settings)) {
            do {
                if (rounds > 0) {
                    Thread.sleep(PAUSE_MS);
                }
                admin.listTopics().names().get();
                rounds++;
            } while (System.currentTimeMillis() + PAUSE_MS < end);
        }
        return Driver.JSON.createObjectNode().put("rounds", rounds);
    }

    /** Hands a token to Kafka. */
    public static final class Tokens implements AuthenticateCallbackHandler {
        private String name;

        @Override
        public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
            name = (String) entries.get(0).getOptions().get("name");
        }

        @Override
        public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
            for (Callback callback : callbacks) {
                if (callback instanceof OAuthBearerTokenCallback) {
                    ((OAuthBearerTokenCallback) callback).token(token(TOKENS.get(name)));
                } else if (!(callback instanceof SaslExtensionsCallback)) {
                    throw new UnsupportedCallbackException(callback);
                }
            }
        }

        @Override
        public void close() {}

        private static OAuthBearerToken token(String value) {
            long now = System.currentTimeMillis();
            return new OAuthBearerToken() {
                @Override
                public String value() {
                    return value;
                }

                @Override
                public Set<String> scope() {
                    return Set.of();
                }

                @Override
                public long lifetimeMs() {
                    return now + 3_600_000;
                }

                @Override
                public String principalName() {
                    return "somebody";
                }

                @Override
                public Long startTimeMs() {
                    return now;
                }
            };
        }
    }
}
