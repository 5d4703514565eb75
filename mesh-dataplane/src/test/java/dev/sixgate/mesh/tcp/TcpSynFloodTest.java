package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 4987: more SYNs than may be half-open, and the cookies that answer them. */
class TcpSynFloodTest {
    private static final int BACKLOG = 4;

    /** A listener whose half-open connections are all taken by strangers. */
    private static TcpScript flooded() {
        var tcp = TcpScript.idle();
        tcp.listen(TcpOptions.DEFAULT, BACKLOG);
        for (int port = 1; port <= BACKLOG; port++) {
            tcp.fromPort(port);
            tcp.receives("SYN seq=7 mss=1360");
        }
        for (int i = 0; i < BACKLOG; i++) take(tcp);
        tcp.sendsNothing();
        tcp.fromPort(TcpScript.REMOTE_PORT);
        return tcp;
    }

    private static TcpConnection take(TcpScript tcp) {
        tcp.stack.pollReadyListener();
        TcpConnection pending = tcp.listener.pollPending();
        if (pending == null) throw new AssertionError("nothing is pending");
        return pending;
    }

    private record Cookie(long sequence, String timestamps) {
        static Cookie of(SegmentText synAck) {
            String ts = synAck.fields().get("ts");
            return new Cookie(synAck.number("seq", 0), ts == null ? "" : " ts=1001:" + ts.split(":")[0]);
        }

        String ack() {
            return " ack=" + (sequence + 1) + timestamps;
        }
    }

    private static Cookie cookieFor(TcpScript tcp, String synOptions) {
        tcp.receives("SYN seq=100 " + synOptions);
        return Cookie.of(tcp.takeNext());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({ // what the SYN offers; MSS, window shift, SACK that the connection then has
        "mss=1360 ws=7 sackOK ts=1000:0, 1360, 7, true",
        "mss=1359 ws=0 ts=1000:0,        1300, 0, false",
        "mss=9000 sackOK ts=1000:0,      1360, -1, true",
        "mss=1220 ws=14 sackOK ts=5:0,   1220, 14, true",
        "mss=1360 ws=7 sackOK,           1360, -1, false",
        "mss=100,                          88, -1, false",
        "ws=3 ts=1000:0,                 1220, 3, false"
    })
    void a_cookie_brings_back_what_the_SYN_offered(String options, int mss, int scale, boolean sack) {
        try (var tcp = flooded()) {
            Cookie cookie = cookieFor(tcp, options);
            assertThat(tcp.stack.connectionCount()).isEqualTo(BACKLOG);
            tcp.receives("ACK seq=101 win=1000" + cookie.ack());
            assertThat(tcp.stack.connectionCount()).isEqualTo(BACKLOG + 1);
            TcpConnection c = take(tcp);
            assertThat(c.send.mss()).isEqualTo(mss);
            assertThat(c.windowScaling).isEqualTo(scale >= 0);
            assertThat(c.send.window()).isEqualTo(1000L << Math.max(scale, 0));
            assertThat(c.sackPermitted).isEqualTo(sack);
            assertThat(c.timestamps.isEnabled()).isEqualTo(options.contains("ts="));
            assertThat(c.send.congestion.window()).isGreaterThan(5L * c.send.segmentBytes());
        }
    }

    @ParameterizedTest // RFC 7323 §2.2, §3.2, RFC 2018 §2: what a cookie cannot bring back is not answered
    @CsvSource({
        "mss=1360 ws=7 sackOK ts=3:0, 7, '', 3",
        "mss=1360 ws=7 sackOK, none, none, none",
        "mss=1360 ts=3:0, none, none, 3"
    })
    void the_SYN_ACK_offers_only_what_the_echo_will_bring_back(String options, String ws, String sack, String echo) {
        try (var tcp = flooded()) {
            tcp.receives("SYN seq=100 " + options);
            tcp.sends("SYN-ACK ack=101 win=65535 mss=1360 ws=" + ws + " sackOK=" + sack + " echo=" + echo);
        }
    }

    @Test
    void a_connection_by_cookie_carries_data_both_ways() {
        try (var tcp = flooded()) {
            Cookie cookie = cookieFor(tcp, "mss=1360 ws=7 sackOK ts=1000:0");
            tcp.receives("ACK seq=101" + cookie.ack());
            tcp.adopt(take(tcp));
            tcp.connection().accept(tcp.now);
            tcp.after(0);
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CONNECTED);
            tcp.receives("ACK seq=101 len=500" + " ack=1 ts=1002:" + tcp.ourTimestamp());
            tcp.sends("ACK seq=1 ack=601");
            assertThat(tcp.reads()).isEqualTo(500);
            tcp.writes(3000);
            tcp.sends("ACK seq=1 len=1348");
        }
    }

    @Test // the acknowledgement was lost: the data behind it tells the same
    void the_first_data_opens_the_connection_when_its_acknowledgement_was_lost() {
        try (var tcp = flooded()) {
            Cookie cookie = cookieFor(tcp, "mss=1360");
            tcp.receives("PSH-ACK seq=101 len=300" + cookie.ack());
            assertThat(take(tcp).readableBytes()).isEqualTo(300);
        }
    }

    @Test
    void what_arrives_before_the_application_accepts_is_kept_for_it() {
        try (var tcp = flooded()) {
            Cookie cookie = cookieFor(tcp, "mss=1360");
            tcp.receives("ACK seq=101" + cookie.ack());
            tcp.receives("PSH-ACK seq=101 len=300" + cookie.ack());
            tcp.receives("FIN-ACK seq=401" + cookie.ack());
            tcp.adopt(take(tcp));
            assertThat(tcp.connection().isConnected()).isFalse();
            assertThat(tcp.readiness()).isZero();
            tcp.connection().accept(tcp.now);
            tcp.after(0);
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CONNECTED | TcpConnection.READABLE);
            assertThat(tcp.connection().isConnected()).isTrue();
            assertThat(tcp.reads()).isEqualTo(300);
            assertThat(tcp.connection().isInputShutdown()).isTrue();
        }
    }

    @ParameterizedTest // design: under cookies a refusal is an accept, then RST
    @ValueSource(strings = {"refuse", "close", "abort", "listener"})
    void an_application_that_does_not_want_it_resets_it(String how) {
        try (var tcp = flooded()) {
            Cookie cookie = cookieFor(tcp, "mss=1360");
            tcp.receives("PSH-ACK seq=101 len=300" + cookie.ack());
            tcp.ignoreSent();
            if (how.equals("listener")) {
                tcp.listener.close(tcp.now);
            } else {
                TcpConnection c = take(tcp);
                if (how.equals("refuse")) c.refuse(tcp.now);
                else if (how.equals("close")) c.close(tcp.now);
                else c.abort(tcp.now);
            }
            tcp.after(0);
            SegmentText sent = tcp.takeNext();
            assertThat(sent.flags()).isEqualTo("RST-ACK");
            assertThat(tcp.stack.connectionCount()).isEqualTo(BACKLOG);
            assertThat(tcp.readiness()).isZero();
        }
    }

    @Test
    void an_application_that_never_answers_loses_it_by_time() {
        try (var tcp = flooded()) {
            Cookie cookie = cookieFor(tcp, "mss=1360");
            tcp.receives("ACK seq=101" + cookie.ack());
            TcpConnection c = take(tcp);
            tcp.after(10_000);
            assertThat(tcp.takeNext().flags()).isEqualTo("RST-ACK");
            assertThat(c.failure()).isInstanceOf(SocketTimeoutException.class);
            assertThat(tcp.stack.connectionCount()).isZero();
            tcp.receives("SYN seq=900");
            assertThat(take(tcp).readableBytes()).isZero();
        }
    }

    @Test
    void no_bit_of_a_cookie_may_be_wrong() {
        try (var tcp = flooded()) {
            Cookie cookie = cookieFor(tcp, "mss=1360");
            for (int bit = 0; bit < 32; bit++) {
                long forged = (cookie.sequence ^ 1L << bit) + 1 & 0xffff_ffffL;
                tcp.receives("ACK seq=101 ack=" + forged);
                assertThat(tcp.takeNext().flags()).as("bit %d", bit).isEqualTo("RST");
            }
            tcp.receives("ACK seq=102" + cookie.ack());
            tcp.sends("RST");
            tcp.fromPort(TcpScript.REMOTE_PORT + 1);
            tcp.receives("ACK seq=101" + cookie.ack());
            tcp.sends("RST");
            assertThat(tcp.stack.connectionCount()).isEqualTo(BACKLOG);
        }
    }

    @ParameterizedTest(name = "after {0} s: {1}")
    @CsvSource({"0, true", "63, true", "129, false", "100000, false"})
    void a_cookie_expires(long seconds, boolean isGood) {
        try (var tcp = flooded()) {
            Cookie cookie = cookieFor(tcp, "mss=1360");
            tcp.now += seconds * 1_000_000_000L;
            tcp.receives("ACK seq=101" + cookie.ack());
            assertThat(tcp.listener.pollCompleted() != null).isEqualTo(isGood);
        }
    }

    @Test // guessing is worth nothing while no cookie is out
    void a_listener_that_sent_no_cookie_accepts_none() {
        try (var tcp = flooded()) {
            Cookie cookie = cookieFor(tcp, "mss=1360");
            tcp.listener.hasSentCookies = false;
            tcp.receives("ACK seq=101" + cookie.ack());
            tcp.sends("RST");
        }
    }

    @Test
    void completed_connections_that_wait_for_the_application_are_bounded_and_the_rest_comes_again() {
        try (var tcp = flooded()) {
            List<Cookie> cookies = new ArrayList<>();
            for (int port = 100; port < 106; port++) {
                tcp.fromPort(port);
                cookies.add(cookieFor(tcp, "mss=1360"));
            }
            for (int i = 0; i < 6; i++) {
                tcp.fromPort(100 + i);
                tcp.receives("ACK seq=101" + cookies.get(i).ack());
            }
            assertThat(tcp.stack.connectionCount()).isEqualTo(2 * BACKLOG);
            tcp.fromPort(200);
            tcp.receives("SYN seq=100"); // the application is behind: not even a cookie
            tcp.sendsNothing();
            for (int i = 0; i < BACKLOG; i++) take(tcp).accept(tcp.now);
            tcp.fromPort(105);
            tcp.receives("ACK seq=101 len=10" + cookies.get(5).ack());
            assertThat(take(tcp).readableBytes()).isEqualTo(10);
        }
    }

    @Test
    void connections_that_opened_make_room_for_half_open_ones() {
        try (var tcp = TcpScript.idle()) {
            tcp.listen(TcpOptions.DEFAULT, 1);
            for (int port = 1; port <= 20; port++) {
                tcp.fromPort(port);
                tcp.receives("SYN seq=100");
                TcpConnection c = take(tcp);
                tcp.adopt(c);
                if (port % 3 == 0) {
                    c.refuse(tcp.now);
                } else {
                    c.accept(tcp.now);
                    tcp.after(0);
                    tcp.receives(port % 3 == 1 ? "ACK seq=101 ack=1" : "RST seq=101");
                }
                tcp.ignoreSent();
            }
            assertThat(tcp.stack.cookiesSent()).isZero();
        }
    }

    @Test
    void a_flood_neither_grows_memory_nor_stops_what_is_established_nor_keeps_newcomers_out() {
        try (var tcp = TcpScript.established()) {
            TcpConnection old = tcp.connection();
            long peak = 0;
            for (int i = 0; i < 50_000; i++) {
                tcp.fromPort(1 + i % 30_000);
                tcp.receives("SYN seq=" + i + " mss=1360");
                for (TcpConnection c = tcp.listener.pollPending(); c != null; c = tcp.listener.pollPending())
                    c.accept(tcp.now);
                if (i % 1000 != 0) continue;
                tcp.after(1);
                tcp.ignoreSent();
                peak = Math.max(peak, tcp.stack.connectionCount());
                tcp.fromPort(TcpScript.REMOTE_PORT);
                tcp.receives("ACK seq=" + (101 + tcp.read) + " ack=1 len=100");
                tcp.after(40);
                assertThat(tcp.reads()).isEqualTo(100);
                assertThat(old.receive.lastAckSent()).isEqualTo(101 + tcp.read);
            }
            assertThat(peak).isEqualTo(1 + 16);
            assertThat(tcp.allocator.metric().usedHeapMemory()).isZero();
            tcp.ignoreSent();
            tcp.fromPort(31_000);
            Cookie cookie = cookieFor(tcp, "mss=1360 ts=1000:0");
            tcp.receives("PSH-ACK seq=101 len=10" + cookie.ack());
            assertThat(take(tcp).readableBytes()).isEqualTo(10);
            assertThat(old.isConnected()).isTrue();
        }
    }
}
