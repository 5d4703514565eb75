package dev.sixgate.edge.explain;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happened to one request, or to one raw connection, from accept to the last byte. Every stage fills its own part as
 * it goes; log, metrics and {@code sixgate explain} are printed from it. Plain fields because every request writes them
 * on the event loop that owns it, and no one else until {@link Recorder#finish}. Times are {@code System.nanoTime}; 0 =
 * did not happen.
 */
public final class RequestRecord {
    /** 16 hexadecimal digits, sent as {@code sixgate-request-id} and asked for by {@code sixgate explain}. */
    public final String id;

    public final Instant startedAt;
    public final long startNanos;

    // accept
    public InetSocketAddress client; // its port is 0 where only a trusted proxy knows it
    public @Nullable InetSocketAddress proxy; // that connected to us in the client's name
    public @Nullable String givenId; // a trusted proxy's X-Request-Id
    public final InetSocketAddress local;
    public String protocol = "tcp"; // tcp, tls, http/1.1, h2

    // tls
    public @Nullable String sni;
    public @Nullable String tlsVersion;
    public @Nullable String tlsCipher;
    public long tlsHandshakeNanos;

    // request
    public @Nullable String method;
    public @Nullable String host;
    public @Nullable String path;
    public long requestBytes; // body

    // route
    public @Nullable String app;
    public @Nullable String service;
    public @Nullable String rule;
    public List<RejectedRule> rejectedRules = List.of();

    // balance
    public final List<Candidate> candidates = new ArrayList<>(4);
    public String choice = ""; // why the backend was taken
    public long queuedNanos;
    public int attempts;
    public @Nullable String backend;
    public @Nullable String region;
    public @Nullable InetSocketAddress backendAddress;

    // policy
    public @Nullable String policy; // what allowed or denied; null: none selects the flow

    // tunnel and inner TCP
    public @Nullable String peer; // null: direct
    public long handshakeAgeNanos = -1;
    public boolean peerUnreachable; // when it was last looked at
    public boolean connectionReused;
    public @Nullable InetSocketAddress innerLocal;
    public long connectNanos = -1;
    public long rttNanos = -1;
    public long retransmits;
    public long zeroWindowNanos;

    // response
    public int status;
    public long firstByteNanos;
    public long responseBytes; // body
    public long endNanos;
    public @Nullable Side closedBy;
    public @Nullable Reason reason; // null: the backend's own answer, complete
    public @Nullable String detail;

    public RequestRecord(
            String id, Instant startedAt, long startNanos, InetSocketAddress client, InetSocketAddress local) {
        this.id = id;
        this.startedAt = startedAt;
        this.startNanos = startNanos;
        this.client = client;
        this.local = local;
    }

    /** A rule that was looked at and lost, with its first failing condition. */
    public record RejectedRule(String rule, String why) {}

    /**
     * A backend that was considered.
     *
     * @param expectedNanos to its answer, going by earlier ones; -1: unknown
     * @param why it was not taken; null for the chosen one
     */
    public record Candidate(
            String backend,
            int inFlight,
            boolean failing,
            long expectedNanos,
            @Nullable String why) {
        /** Without an expectation. */
        public Candidate(String backend, int inFlight, boolean failing, @Nullable String why) {
            this(backend, inFlight, failing, -1, why);
        }
    }

    /** Who ended it. */
    public enum Side {
        CLIENT,
        EDGE,
        TUNNEL,
        BACKEND
    }

    /** Ends with a reason of ours, if none was set before: the first cause counts. */
    public void fail(Reason cause, Side side, @Nullable String what) {
        if (reason != null) return;
        reason = cause;
        closedBy = side;
        detail = what;
    }
}
