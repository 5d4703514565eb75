package dev.sixgate.edge.upstream;

import dev.sixgate.edge.balancer.Call;
import dev.sixgate.edge.balancer.Hash64;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.servicemap.BackendPolicy;
import dev.sixgate.edge.servicemap.LoadBalancing.KeyPart;
import dev.sixgate.edge.servicemap.SessionPersistence;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** What a service's policy and persistence want to know of a client: a hash, and the session it comes with. */
public final class ClientKey {
    private ClientKey() {}

    /** @param request null for a raw connection, of which only the address is known */
    public static Call call(
            Route route, InetSocketAddress client, @Nullable RequestHead request, RequestRecord record) {
        BackendPolicy policy = route.service().backendPolicy();
        SessionPersistence persistence = route.persistence();
        long hash = 0;
        String session = null;
        if (persistence != null && persistence.type() == SessionPersistence.Type.CLIENT_IP)
            hash = Hash64.mix(Hash64.with(Hash64.START, client.getAddress()));
        else if (policy.loadBalancing().policy().hashes()) hash = hash(policy, client, request);
        if (persistence != null && request != null) session = session(persistence, request.fields());
        return new Call(route.app(), route.service(), hash, session, persistence, route.prefer(), record.candidates);
    }

    private static long hash(BackendPolicy policy, InetSocketAddress client, @Nullable RequestHead request) {
        long hash = Hash64.START;
        for (KeyPart part : policy.loadBalancing().key()) {
            String text = request == null
                    ? null
                    : switch (part.kind()) {
                        case CLIENT_IP, CLIENT_PORT -> null;
                        case HEADER -> request.fields().find(part.name());
                        case COOKIE -> cookie(request.fields(), part.name());
                        case HOST -> request.authority().host();
                        case PATH -> request.path();
                    };
            hash = switch (part.kind()) {
                case CLIENT_IP -> Hash64.with(hash, client.getAddress());
                case CLIENT_PORT -> Hash64.with(hash, client.getPort());
                case HEADER, COOKIE, HOST, PATH -> Hash64.with(hash, text == null ? "" : text);
            };
        }
        return Hash64.mix(hash);
    }

    private static @Nullable String session(SessionPersistence persistence, Fields fields) {
        return switch (persistence.type()) {
            case COOKIE -> cookie(fields, persistence.name());
            case HEADER -> fields.find(persistence.name());
            case CLIENT_IP -> null;
        };
    }

    /** RFC 6265 §5.4; the first of that name. */
    static @Nullable String cookie(Fields fields, String name) {
        for (int i = fields.indexOf(FieldName.COOKIE, 0); i >= 0; i = fields.indexOf(FieldName.COOKIE, i + 1)) {
            String value = fields.value(i);
            for (int from = 0; from < value.length(); ) {
                int end = value.indexOf(';', from);
                if (end < 0) end = value.length();
                while (from < end && value.charAt(from) == ' ') from++;
                if (value.startsWith(name, from)
                        && from + name.length() < end
                        && value.charAt(from + name.length()) == '=')
                    return value.substring(from + name.length() + 1, end).strip();
                from = end + 1;
            }
        }
        return null;
    }

    /** Tells the client whom to come back to, unless it knows. @param session of the backend that answers @param secure whether the client speaks https */
    static void remember(
            SessionPersistence persistence, String session, @Nullable String known, boolean secure, Fields response) {
        if (session.equals(known)) return;
        switch (persistence.type()) {
            case COOKIE -> {
                long seconds = persistence.absoluteTimeout().toSeconds();
                response.add(
                        "set-cookie",
                        persistence.name() + "=" + session + "; Path=/; HttpOnly; SameSite=Lax"
                                + (secure ? "; Secure" : "")
                                + (seconds == 0 ? "" : "; Max-Age=" + seconds));
            }
            case HEADER -> response.add(persistence.name(), session);
            case CLIENT_IP -> {}
        }
    }
}
