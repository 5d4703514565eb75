package dev.sixgate.edge.servicemap;

import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A filter that lets a request pass or refuses it, before anything else of the route is done but the answer to a preflight. */
public sealed interface AccessFilter extends RouteFilter {
    /** Fields in which backends read who the client is; a client's own are removed. */
    List<String> identityFields();

    /** The service that is asked about the client, or for keys; null: none is. */
    default @Nullable BackendRef asks() {
        return null;
    }

    /**
     * A name and a password (RFC 7617).
     *
     * @param realm what the browser's question names
     * @param users name → hash, as {@code htpasswd} writes it
     * @param userField gets the name; null: backends are not told
     */
    record BasicAuth(
            String realm,
            Map<String, String> users,
            @Nullable String userField) implements AccessFilter {
        public BasicAuth {
            users = Map.copyOf(users);
        }

        @Override
        public List<String> identityFields() {
            return userField == null ? List.of() : List.of(userField);
        }

        /** Without the hashes. */
        @Override
        public String toString() {
            return "BasicAuth[" + realm + ", " + users.size() + " users]";
        }
    }

    /**
     * Another service is asked by GET; 2xx lets the request pass, what is below 500 besides is the client's answer.
     *
     * @param to its weight means nothing
     * @param path that it is asked at
     * @param copyFields of its answer, given to the backend
     * @param timeout for its whole answer
     */
    record ForwardAuth(BackendRef to, String path, List<String> copyFields, Duration timeout) implements AccessFilter {
        public ForwardAuth {
            copyFields = List.copyOf(copyFields);
        }

        @Override
        public List<String> identityFields() {
            return copyFields;
        }

        @Override
        public BackendRef asks() {
            return to;
        }
    }

    /**
     * A signed token (RFC 7519) in Authorization (RFC 6750 §2.1).
     *
     * @param algorithms that it may be signed by; never {@code none}
     * @param issuer null: any whose key it is
     * @param audiences of which it must name one; empty: any
     * @param leeway how far clocks may be apart
     * @param claimFields claim → field of the backend's request
     */
    record Jwt(
            JwtKeys keys,
            List<String> algorithms,
            @Nullable String issuer,
            List<String> audiences,
            Duration leeway,
            Map<String, String> claimFields)
            implements AccessFilter {
        public Jwt {
            algorithms = List.copyOf(algorithms);
            audiences = List.copyOf(audiences);
            claimFields = Map.copyOf(claimFields);
        }

        @Override
        public List<String> identityFields() {
            return List.copyOf(claimFields.values());
        }

        @Override
        public @Nullable BackendRef asks() {
            return keys instanceof JwtKeys.Served served ? served.by() : null;
        }
    }

    /** Where the keys of tokens are. */
    sealed interface JwtKeys {
        /** @param jwks a JWK set (RFC 7517 §5), perhaps with a shared secret in it */
        record Written(String jwks) implements JwtKeys {
            /** Without the keys. */
            @Override
            public String toString() {
                return "Written[" + jwks.length() + " characters]";
            }
        }

        /**
         * A service is asked for a JWK set when the first token comes, and again for keys that it did not have.
         *
         * @param by its weight means nothing
         * @param refresh after which it is asked again
         */
        record Served(BackendRef by, String path, Duration refresh) implements JwtKeys {}
    }
}
