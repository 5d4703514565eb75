package dev.sixgate.edge.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.RequestRecord.Candidate;
import dev.sixgate.edge.explain.RequestRecord.RejectedRule;
import dev.sixgate.edge.explain.RequestRecord.Side;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ExplanationTest {
    @Test
    void a_whole_record_reads_from_accept_to_end() {
        RequestRecord r = whole();
        assertThat(Explanation.text(r)).isEqualTo("""
            00000000000000ab  GET hello.example.com/
            Answered 200 by backend b1 in 12.0 ms; the edge saw no fault.

                   +0 µs             accept      192.0.2.1:50000 to [2001:db8::1]:443, h2, 2026-11-23T06:00:00Z
                             2.5 ms  tls         TLSv1.3 TLS_AES_128_GCM_SHA256, SNI hello.example.com
                                     request     GET hello.example.com/, body of 3 bytes
                                     route       hello.http host hello.example.com (app hello, service http)
                                                 not rest.http any host: any host fits too
                                     balance     backend b1 in fra, attempt 1
                                                 took b1 (0 in flight)
                                                 not b2 (2 in flight, failing): failing: avoided
                                     tunnel      peer node, handshake 12.0 s old
                             1.0 ms  connect     to [fdaa::1]:8080 from [fdaa::10]:40000
                                     inner tcp   round trip 800 µs, 2 retransmits, 0 µs of closed window
                 +5.0 ms             first byte  from the backend
                +12.0 ms             end         status 200, 3 bytes in, 1234 bytes out
            """);
    }

    @ParameterizedTest
    @CsvSource({
        "BACKEND_REFUSED, BACKEND, backend",
        "NO_TUNNEL,       TUNNEL,  tunnel",
        "CLIENT_RESET,    CLIENT,  client",
        "OVERLOADED,      EDGE,    edge"
    })
    void one_sentence_names_the_culprit(Reason reason, Side side, String culprit) {
        RequestRecord r = Records.ok("00000000000000ab");
        r.status = reason.status();
        r.fail(reason, side, null);
        assertThat(Explanation.verdict(r))
                .isEqualTo("The cause lies with the " + culprit + ": " + reason.sentence() + ", so the answer was "
                        + reason.status() + ", after 12.0 ms.");
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void every_reason_has_a_sentence_a_code_and_a_culprit_even_if_none_was_named(Reason reason) {
        RequestRecord r = Records.bare("00000000000000ab");
        r.reason = reason;
        assertThat(Explanation.verdict(r)).matches("The cause lies with the (client|edge|tunnel|backend): .*\\.");
        assertThat(Explanation.text(r)).contains(reason.code());
    }

    @Test
    void what_a_client_sends_does_not_reach_a_terminal_as_commands() {
        RequestRecord r = Records.ok("00000000000000ab");
        r.path = "/\u001b[2J\n\u202eevil";
        assertThat(Explanation.text(r)).contains("/?[2J??evil").doesNotContain("\u001b", "\u202e");
    }

    @Test
    void json_holds_the_same_by_stage() {
        JsonNode tree = JsonMapper.builder().build().readTree(Explanation.json(whole()));
        assertThat(tree.propertyNames())
                .containsExactly(
                        "id",
                        "verdict",
                        "started_at",
                        "duration_ms",
                        "accept",
                        "tls",
                        "request",
                        "route",
                        "balance",
                        "tunnel",
                        "inner_tcp",
                        "response");
        assertThat(tree.at("/balance/candidates/1/why_not").asString()).isEqualTo("failing: avoided");
        assertThat(tree.at("/inner_tcp/retransmits").asInt()).isEqualTo(2);
        assertThat(tree.at("/response/first_byte_ms").asDouble()).isEqualTo(5);
    }

    @Test
    void a_raw_connection_tells_who_closed_first() {
        RequestRecord r = Records.bare("00000000000000ab");
        r.backend = "b1";
        r.closedBy = Side.CLIENT;
        assertThat(Explanation.verdict(r)).isEqualTo("Served by backend b1 for 1.0 ms; the client closed first.");
    }

    private static RequestRecord whole() {
        RequestRecord r = Records.ok("00000000000000ab");
        r.protocol = "h2";
        r.sni = "hello.example.com";
        r.tlsVersion = "TLSv1.3";
        r.tlsCipher = "TLS_AES_128_GCM_SHA256";
        r.tlsHandshakeNanos = 2_500_000;
        r.rejectedRules = List.of(new RejectedRule("rest.http any host", "any host fits too"));
        r.candidates.add(new Candidate("b1", 0, false, null));
        r.candidates.add(new Candidate("b2", 2, true, "failing: avoided"));
        r.region = "fra";
        r.backendAddress = new InetSocketAddress(InetAddress.ofLiteral("fdaa::1"), 8080);
        r.peer = "node";
        r.handshakeAgeNanos = 12_000_000_000L;
        r.innerLocal = new InetSocketAddress(InetAddress.ofLiteral("fdaa::10"), 40000);
        r.connectNanos = 1_000_000;
        r.rttNanos = 800_000;
        r.retransmits = 2;
        return r;
    }
}
