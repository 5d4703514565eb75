package dev.sixgate.edge.explain;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;

/** Records for tests. */
final class Records {
    static final InetSocketAddress CLIENT = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 50000);
    static final InetSocketAddress LOCAL = new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 443);
    static final long MILLI = 1_000_000L;

    private Records() {}

    static RequestRecord ok(String id) {
        RequestRecord record = bare(id);
        record.protocol = "http/1.1";
        record.method = "GET";
        record.host = "hello.example.com";
        record.path = "/";
        record.status = 200;
        record.app = "hello";
        record.service = "http";
        record.rule = "hello.http host hello.example.com";
        record.backend = "b1";
        record.attempts = 1;
        record.firstByteNanos = record.startNanos + 5 * MILLI;
        record.endNanos = record.startNanos + 12 * MILLI;
        record.requestBytes = 3;
        record.responseBytes = 1234;
        return record;
    }

    static RequestRecord failed(String id) {
        RequestRecord record = ok(id);
        record.status = 502;
        record.firstByteNanos = 0;
        record.fail(Reason.BACKEND_REFUSED, RequestRecord.Side.BACKEND, "[fdaa::1]:8080 after 1 ms");
        return record;
    }

    static RequestRecord bare(String id) {
        RequestRecord record = new RequestRecord(id, Instant.parse("2026-11-23T06:00:00Z"), 1000, CLIENT, LOCAL);
        record.endNanos = record.startNanos + MILLI;
        return record;
    }
}
