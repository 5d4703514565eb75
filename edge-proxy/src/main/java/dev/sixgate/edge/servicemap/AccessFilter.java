package dev.sixgate.edge.servicemap;

import dev.sixgate.edge.servicemap.HttpRoute.BackendRef;
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
}
