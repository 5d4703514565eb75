package dev.sixgate.edge.upstream;

import dev.sixgate.edge.explain.AddressText;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.explain.RequestRecord.Side;
import dev.sixgate.edge.servicemap.Backend;
import io.netty.channel.ConnectTimeoutException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import java.util.Locale;
import javax.net.ssl.SSLException;

/** Why a backend could not be reached, in the words of the record. Nothing was sent, so another backend may be tried. */
public record ConnectFailure(Reason reason, Side side, String detail) {
    /** A tunnel that was heard from as long ago has no session (WireGuard's Reject-After-Time). */
    private static final long SESSION_NANOS = 180_000_000_000L;

    /**
     * @param tookNanos since the attempt began
     * @param record already told about the tunnel, by {@link UpstreamConnector#describe}
     */
    public static ConnectFailure of(Throwable cause, Backend backend, int port, long tookNanos, RequestRecord record) {
        String where = AddressText.of(new InetSocketAddress(backend.address(), port));
        String after = where + String.format(Locale.ROOT, " after %.1f ms", tookNanos / 1e6);
        return switch (cause) {
            case IOException _
            when record.peerUnreachable
                    && (cause instanceof ConnectTimeoutException || cause instanceof ClosedChannelException) ->
                new ConnectFailure(Reason.NO_TUNNEL, Side.TUNNEL, "peer " + record.peer + " is unreachable; " + after);
            case ConnectTimeoutException _
            when record.peer != null && record.handshakeAgeNanos < 0 ->
                new ConnectFailure(
                        Reason.NO_TUNNEL, Side.TUNNEL, "peer " + record.peer + " has answered no handshake; " + after);
            case ConnectTimeoutException _
            when record.peer != null && record.handshakeAgeNanos > SESSION_NANOS ->
                new ConnectFailure(
                        Reason.NO_TUNNEL,
                        Side.TUNNEL,
                        "peer " + record.peer + " was last heard " + record.handshakeAgeNanos / 1_000_000_000L
                                + " s ago; " + after);
            case SSLException _ ->
                new ConnectFailure(Reason.BACKEND_TLS, Side.BACKEND, after + ": " + cause.getMessage());
            case ConnectTimeoutException _ -> new ConnectFailure(Reason.BACKEND_TIMEOUT, Side.BACKEND, after);
            // Within the mesh it means that no peer's allowed IPs cover the address.
            case NoRouteToHostException _
            when !backend.insecureDirect() -> new ConnectFailure(Reason.NO_TUNNEL, Side.TUNNEL, where);
            case NoRouteToHostException _ -> new ConnectFailure(Reason.BACKEND_UNREACHABLE, Side.BACKEND, after);
            default ->
                isRefusal(cause)
                        ? new ConnectFailure(Reason.BACKEND_REFUSED, Side.BACKEND, after)
                        : new ConnectFailure(
                                Reason.BACKEND_UNREACHABLE, Side.BACKEND, after + ": " + cause.getMessage());
        };
    }

    // ENETUNREACH comes as a ConnectException too, and only the text tells them apart.
    private static boolean isRefusal(Throwable cause) {
        return cause instanceof java.net.ConnectException
                && String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT).contains("refused");
    }

    public void writeTo(RequestRecord record) {
        record.fail(reason, side, detail);
    }
}
