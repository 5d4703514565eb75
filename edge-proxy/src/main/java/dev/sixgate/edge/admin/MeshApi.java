package dev.sixgate.edge.admin;

import static dev.sixgate.edge.admin.Answers.error;
import static dev.sixgate.edge.admin.Answers.get;
import static dev.sixgate.edge.admin.Answers.json;
import static dev.sixgate.edge.admin.Answers.now;
import static dev.sixgate.edge.admin.Answers.post;
import static dev.sixgate.edge.admin.Answers.shorten;

import dev.sixgate.edge.admin.ControlServer.Request;
import dev.sixgate.edge.admin.ControlServer.Response;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * The mesh's paths, of an edge or a node:
 * <table><caption>Requests</caption>
 * <tr><td>{@code GET /mesh}</td><td>{@link MeshView.MeshStatus}
 * <tr><td>{@code POST /mesh/ping?address=fdaa::1&bytes=56&timeout_ms=5000}</td><td>{@code address}, {@code bytes}, {@code rtt_ms};
 *     504 without an answer
 * <tr><td>{@code GET /mesh/capture?peer=NAME&count=100}</td><td>inner packets as pcapng while the asker listens; any further request
 *     on the connection ends it in good order. Trailers: {@code sixgate-captured}, {@code sixgate-dropped}
 * </table>
 */
public final class MeshApi {
    static final String PATHS = "/mesh, /mesh/ping or /mesh/capture";
    private static final String ROOT = "/mesh";
    private static final int PING_BYTES = 56; // as ping does
    private static final int PING_BYTES_MAX = 65_535;
    private static final int TIMEOUT_MILLIS = 5_000;
    private static final int TIMEOUT_MILLIS_MAX = 8_000; // under AdminClient.TIMEOUT, which would speak first

    private final MeshView mesh;

    public MeshApi(MeshView mesh) {
        this.mesh = mesh;
    }

    /** Whether the path is one for {@link #answer}. */
    static boolean has(String path) {
        return path.equals(ROOT) || path.startsWith(ROOT + "/");
    }

    /** For the socket that only its owner may open. */
    public CompletionStage<Response> answer(Request request) {
        return switch (request.path()) {
            case ROOT -> get(request, () -> mesh.status().thenApply(status -> json(200, status)));
            case ROOT + "/ping" -> post(request, () -> ping(request));
            case ROOT + "/capture" -> get(request, () -> capture(request));
            default -> now(error(404, "there is no " + shorten(request.path()) + "; ask " + PATHS));
        };
    }

    private CompletionStage<Response> ping(Request request) {
        Ipv6Address address;
        int bytes;
        int millis;
        try {
            address = Ipv6Address.parse(request.query("address", ""));
            bytes = number(request, "bytes", PING_BYTES, 0, PING_BYTES_MAX);
            millis = number(request, "timeout_ms", TIMEOUT_MILLIS, 1, TIMEOUT_MILLIS_MAX);
        } catch (IllegalArgumentException e) {
            return now(error(400, shorten(String.valueOf(e.getMessage()))));
        }
        return mesh.ping(address, bytes, Duration.ofMillis(millis)).handle((nanos, failure) -> {
            if (failure == null)
                return json(200, Map.of("address", address.toString(), "bytes", bytes, "rtt_ms", nanos / 1e6));
            Throwable cause = Answers.cause(failure);
            int status = switch (cause) {
                case SocketTimeoutException _ -> 504;
                case IllegalArgumentException _ -> 400;
                default -> 503;
            };
            return error(status, String.valueOf(cause.getMessage()));
        });
    }

    private CompletionStage<Response> capture(Request request) {
        String peer = request.query("peer", "");
        int count;
        try {
            if (request.method().equals("HEAD")) throw new IllegalArgumentException("a capture is asked with GET");
            count = number(request, "count", 0, 1, 999_999_999);
        } catch (IllegalArgumentException e) {
            return now(error(400, shorten(String.valueOf(e.getMessage()))));
        }
        return mesh.capture(peer.isEmpty() ? null : peer, count == 0 ? Long.MAX_VALUE : count)
                .handle((stream, failure) -> failure == null
                        ? new Response(200, "application/x-pcapng", "", stream)
                        : error(409, String.valueOf(Answers.cause(failure).getMessage())));
    }

    private static int number(Request request, String name, int absent, int least, int most) {
        String text = request.query(name, "");
        if (text.isEmpty()) return absent;
        if (text.matches("[0-9]{1,9}")) {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) return number;
        }
        throw new IllegalArgumentException(name + " is a number from " + least + " to " + most);
    }
}
