package dev.sixgate.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.loopback.VirtualEdge;
import dev.sixgate.edge.servicemap.HttpOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that two parsers might read differently: refused, before anything of them reaches a backend. */
class SmugglingTest {
    /** In the rows {@code ~} is CR LF, {@code ^} CR, {@code _} LF, {@code @} NUL and {@code >} HTAB. */
    private static String bytes(String row) {
        return row.replace("~", "\r\n")
                .replace('^', '\r')
                .replace('_', '\n')
                .replace('@', '\0')
                .replace('>', '\t');
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        # body length (RFC 9112 §6.1 to §6.3)
        POST / HTTP/1.1~Host: app.example~Content-Length: 3~Content-Length: 4~~abcd            | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Content-Length: 3~Content-Length: 3~~abc             | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Content-Length: 3, 3~~abc                            | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Content-Length: +3~~abc                              | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Content-Length: -3~~abc                              | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Content-Length: 0x3~~abc                             | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Content-Length: 3 0~~abc                             | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Content-Length:~~                                    | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Content-Length: 9999999999999999999~~                | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Content-Length: 3~Transfer-Encoding: chunked~~0~~    | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding: chunked~Content-Length: 3~~0~~    | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding: identity~~                        | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding: gzip, chunked~~                   | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding: chunked, identity~~               | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding: chunked, chunked~~                | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding: xchunked~~                        | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding: chunked;q=1~~                     | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding: "chunked"~~                       | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding: chunked~Transfer-Encoding: x~~    | AMBIGUOUS_LENGTH
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding:~~                                 | AMBIGUOUS_LENGTH
        POST / HTTP/1.0~Host: app.example~Transfer-Encoding: chunked~~0~~                      | AMBIGUOUS_LENGTH
        # field lines (RFC 9112 §5)
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding : chunked~~0~~                     | BAD_REQUEST
        POST / HTTP/1.1~Host: app.example~Transfer-Encoding>: chunked~~0~~                     | BAD_REQUEST
        POST / HTTP/1.1~Host: app.example~Content-Length : 3~~abc                              | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~X: a~ b~~                                             | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~X: a~>b~~                                             | BAD_REQUEST
        GET / HTTP/1.1~ Host: app.example~~                                                    | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~X: a^b~~                                              | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~X: a^Content-Length: 3~~                              | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~X: a_Content-Length: 3~~                              | BAD_REQUEST
        GET / HTTP/1.1_Host: app.example__                                                     | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example_~                                                     | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~^X: a~~                                               | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~X: a@b~~                                              | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~X@: a~~                                               | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~: a~~                                                 | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~X(: a~~                                               | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~no colon~~                                            | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~nocolon~~                                             | BAD_REQUEST
        # request line (RFC 9112 §3)
        GET  / HTTP/1.1~Host: app.example~~                                                    | BAD_REQUEST
        GET>/ HTTP/1.1~Host: app.example~~                                                     | BAD_REQUEST
        GET /  HTTP/1.1~Host: app.example~~                                                    | BAD_REQUEST
        GET / HTTP/1.1 ~Host: app.example~~                                                    | BAD_REQUEST
        GET / a HTTP/1.1~Host: app.example~~                                                   | BAD_REQUEST
        GET /@ HTTP/1.1~Host: app.example~~                                                    | BAD_REQUEST
        GET /^ HTTP/1.1~Host: app.example~~                                                    | BAD_REQUEST
        GET /é HTTP/1.1~Host: app.example~~                                                    | BAD_REQUEST
        GET / http/1.1~Host: app.example~~                                                     | BAD_REQUEST
        GET / HTTP/1.10~Host: app.example~~                                                    | BAD_REQUEST
        GET /~Host: app.example~~                                                              | BAD_REQUEST
        G(T / HTTP/1.1~Host: app.example~~                                                     | BAD_REQUEST
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1~Host: app.example~~             | BAD_REQUEST
        GET path HTTP/1.1~Host: app.example~~                                                  | BAD_REQUEST
        GET * HTTP/1.1~Host: app.example~~                                                     | BAD_REQUEST
        GET ftp://app.example/ HTTP/1.1~Host: app.example~~                                    | BAD_REQUEST
        ~~~GET / HTTP/1.1~Host: app.example~~                                                  | BAD_REQUEST
        GET / HTTP/1.2~Host: app.example~~                                                     | UNSUPPORTED_VERSION
        GET / HTTP/0.9~Host: app.example~~                                                     | UNSUPPORTED_VERSION
        GET / HTTP/3.0~Host: app.example~~                                                     | UNSUPPORTED_VERSION
        PRI * HTTP/2.0~~SM~~                                                                   | UNSUPPORTED_VERSION
        CONNECT app.example:443 HTTP/1.1~Host: app.example:443~~                               | UNSUPPORTED_METHOD
        TRACE / HTTP/1.1~Host: app.example~~                                                   | UNSUPPORTED_METHOD
        # host (RFC 9112 §3.2)
        GET / HTTP/1.1~~                                                                       | BAD_REQUEST
        GET / HTTP/1.1~Host:~~                                                                 | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example~Host: app.example~~                                   | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example, other.example~~                                      | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example/x~~                                                   | BAD_REQUEST
        GET / HTTP/1.1~Host: user@@app.example~~                                               | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example:~~                                                    | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example:70000~~                                               | BAD_REQUEST
        GET / HTTP/1.1~Host: app.example:8a~~                                                  | BAD_REQUEST
        GET / HTTP/1.1~Host: [::1~~                                                            | BAD_REQUEST
        GET / HTTP/1.1~Host: [app.example]~~                                                   | BAD_REQUEST
        GET / HTTP/1.1~Host: app%2eexample~~                                                   | BAD_REQUEST
        GET http://app.example/ HTTP/1.1~Host: other.example~~                                 | BAD_REQUEST
        GET http://other@app.example/ HTTP/1.1~Host: app.example~~                             | BAD_REQUEST
        GET http:///x HTTP/1.1~Host: app.example~~                                             | BAD_REQUEST
        GET http://app.example/ HTTP/1.1~~                                                     | BAD_REQUEST
        # what else a head may not say
        POST / HTTP/1.1~Host: app.example~Content-Length: 3~Expect: 200-ok~~                   | EXPECTATION_FAILED
        GET / HTTP/1.1~Host: unknown.example~~                                                 | NO_ROUTE
        """)
    void a_request_with_two_readings_is_refused(String row, Reason reason) {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, HttpOptions.DEFAULT)) {
            edge.send(bytes(row.strip()));
            String answer = edge.received();
            assertThat(edge.records).hasSize(1);
            assertThat(answer)
                    .startsWith("HTTP/1.1 " + reason.status() + " ")
                    .contains("content-type: text/plain\r\n", "sixgate-reason: " + reason.code() + "\r\n")
                    .contains("sixgate-request-id: " + edge.records.getFirst().id + "\r\n")
                    .endsWith(reason.code() + ": " + reason.sentence() + "; request " + edge.records.getFirst().id
                            + "\n");
            assertThat(edge.records.getFirst().reason).isEqualTo(reason);
            assertThat(edge.records.getFirst().status).isEqualTo(reason.status());
            assertThat(edge.upstreams).as("connections to the backend").isEmpty();
            if (reason != Reason.NO_ROUTE) assertThat(answer).contains("connection: close\r\n");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        g~
        0x3~abc~0~~
        +3~abc~0~~
            " 3~abc~0~~"
        3 ~abc~0~~
        3 ;x~abc~0~~
        ;x~abc~0~~
        ~
        3_abc~0~~
        3;x_abc~0~~
        3;x^y~abc~0~~
        3;@~abc~0~~
        3~abcd~0~~
        3~abc0~~
        3~abc_0~~
        3~abc^0~~
        1234567890123456~
        FFFFFFFFFFFFFFFFF~
        0~X : a~~
        0~X: a_~~
        0~ X: a~~
        0~X@: a~~
        """)
    void a_chunk_with_two_readings_ends_the_connection(String row) {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, HttpOptions.DEFAULT)) {
            edge.send("POST / HTTP/1.1\r\nHost: app.example\r\nTransfer-Encoding: chunked\r\n\r\n");
            edge.send(bytes(row));
            assertThat(edge.received()).startsWith("HTTP/1.1 400 ").contains("connection: close\r\n");
            assertThat(edge.records.getFirst().reason).isIn(Reason.AMBIGUOUS_LENGTH, Reason.BAD_REQUEST);
            assertThat(edge.backendReceived()).as("an unfinished request").doesNotContain("\r\n0\r\n");
            assertThat(edge.upstreams.getFirst().isOpen()).isFalse();
        }
    }

    @Test
    void chunk_extensions_are_dropped_while_they_are_few() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, HttpOptions.DEFAULT)) {
            edge.send("POST / HTTP/1.1\r\nHost: app.example\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3;name=\"value\"\r\nabc\r\n00A\r\n0123456789\r\n0;last\r\n\r\n");
            assertThat(edge.backendReceived())
                    .endsWith("transfer-encoding: chunked\r\n\r\nd\r\nabc0123456789\r\n0\r\n\r\n");
        }
    }

    @Test
    void a_body_of_extensions_is_refused() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, HttpOptions.DEFAULT)) {
            edge.send("POST / HTTP/1.1\r\nHost: app.example\r\nTransfer-Encoding: chunked\r\n\r\n");
            edge.send(("1;" + "x".repeat(200) + "\r\na\r\n").repeat(100));
            assertThat(edge.records.getFirst().reason).isEqualTo(Reason.AMBIGUOUS_LENGTH);
        }
    }

    @Test
    void the_bytes_behind_a_refused_request_are_not_a_request() {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, HttpOptions.DEFAULT)) {
            edge.send("POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: app.example\r\n\r\n");
            edge.send("GET /later HTTP/1.1\r\nHost: app.example\r\n\r\n");
            assertThat(edge.records).hasSize(1);
            assertThat(edge.upstreams).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        GET http://app.example HTTP/1.1~Host: app.example~~         | GET / HTTP/1.1~host: app.example~
        GET HTTP://APP.example?q HTTP/1.1~Host: app.example~~       | GET /?q HTTP/1.1~host: app.example~
        GET http://app.example/a#b HTTP/1.1~Host: app.example~~     | GET /a HTTP/1.1~host: app.example~
        OPTIONS * HTTP/1.1~Host: app.example~~                      | OPTIONS * HTTP/1.1~host: app.example~
        OPTIONS http://app.example HTTP/1.1~Host: app.example~~     | OPTIONS * HTTP/1.1~host: app.example~
        ~GET /%2e%2e//a HTTP/1.1~Host: app.example.~~               | GET /%2e%2e//a HTTP/1.1~host: app.example.~
        GET http://app.example/ HTTP/1.0~~                          | GET / HTTP/1.1~host: app.example~
        """)
    void what_has_one_reading_is_reduced_to_it(String row, String head) {
        try (VirtualEdge edge = new VirtualEdge(Http1Server::install, HttpOptions.DEFAULT)) {
            edge.send(bytes(row));
            assertThat(edge.backendReceived()).startsWith(bytes(head));
        }
    }
}
