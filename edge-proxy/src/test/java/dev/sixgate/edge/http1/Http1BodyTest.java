package dev.sixgate.edge.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.loopback.LoopbackEdge;
import dev.sixgate.edge.loopback.RawClient;
import dev.sixgate.edge.loopback.ScriptedBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How bodies are framed on either side (RFC 9112 §6), for every way they can come. */
class Http1BodyTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false, textBlock = """
        HTTP/1.1 200 OK~Content-Length: 2~~ab|GET|content-length: 2~~ab
        HTTP/1.1 200 OK~Transfer-Encoding: chunked~~1~a~1~b~0~~|GET|transfer-encoding: chunked~~2~ab~0~~
        HTTP/1.1 200 OK~Transfer-Encoding: Chunked~~2;x=y~ab~0~X-Sum: 1~Content-Length: 9~~|GET|transfer-encoding: chunked~~2~ab~0~X-Sum: 1~~
        HTTP/1.1 200 OK~Content-Length: 0~~|GET|content-length: 0~~
        HTTP/1.1 200 OK~Content-Length: 2~~|HEAD|content-length: 2~~
        HTTP/1.1 200 OK~Transfer-Encoding: chunked~~|HEAD|~~
        HTTP/1.1 200 OK~~|HEAD|~~
        HTTP/1.1 204 No Content~~|GET|~~
        HTTP/1.1 204 No Content~Content-Length: 5~~|GET|~~
        HTTP/1.1 304 Not Modified~Content-Length: 5~~|GET|content-length: 5~~
        HTTP/1.1 304 Not Modified~Transfer-Encoding: chunked~~|GET|~~
        HTTP/1.1 404~Content-Length: 2~~no|GET|content-length: 2~~no
        HTTP/1.1 299 ~Content-Length: 2~~no|GET|content-length: 2~~no
        """)
    void a_body_is_framed_as_it_came_or_safer(String response, String method, String ending) throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(response.replace("~", "\r\n"));
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            String wanted = ending.replace("~", "\r\n");
            for (int i = 0; i < 2; i++) {
                client.send(method + " / HTTP/1.1\r\nHost: app.example\r\n\r\n");
                String head = client.readHead();
                String rest = client.read(wanted.length() - wanted.indexOf("\r\n\r\n") - 4);
                assertThat(head + rest).startsWith(response.substring(0, 12)).endsWith(wanted);
                if (!wanted.contains("chunked")) assertThat(head).doesNotContainIgnoringCase("transfer-encoding");
                if (!wanted.contains("content-length")) assertThat(head).doesNotContainIgnoringCase("content-length");
                assertThat(edge.record().reason).isNull();
            }
            assertThat(backend.accepted).as("one connection for both").hasValue(1);
        }
    }

    @Test
    void a_body_that_ends_with_the_connection_becomes_chunked() throws Exception {
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.0 200 OK\r\n\r\nhello");
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            for (int i = 0; i < 2; i++) {
                assertThat(client.get("/").readHead()).contains("transfer-encoding: chunked\r\n", "via: 1.0 sixgate");
                assertThat(client.read(15)).isEqualTo("5\r\nhello\r\n0\r\n\r\n");
            }
            assertThat(backend.accepted).hasValue(2);
        }
    }

    @Test
    void an_http_1_0_client_gets_the_end_of_the_connection_instead_of_chunks() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n");
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("GET / HTTP/1.0\r\nHost: app.example\r\nConnection: keep-alive\r\n\r\n");
            assertThat(client.readAll()).contains("connection: close\r\n").endsWith("\r\n\r\nab");
            assertThat(backend.heads.take()).contains("via: 1.0 sixgate\r\n");
        }
    }

    @Test
    void an_http_1_0_client_may_keep_its_connection_when_the_length_is_known() throws Exception {
        try (ScriptedBackend backend = ScriptedBackend.answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("GET / HTTP/1.0\r\nHost: app.example\r\nConnection: keep-alive\r\n\r\n");
            assertThat(client.readResponse())
                    .contains("connection: keep-alive\r\n")
                    .endsWith("hello");
            client.send("GET / HTTP/1.0\r\nHost: app.example\r\n\r\n");
            assertThat(client.readAll()).contains("connection: close\r\n").endsWith("hello");
        }
    }

    @Test
    void a_chunked_request_is_framed_anew_and_keeps_its_trailers() throws Exception {
        String framed = "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n";
        try (ScriptedBackend backend = new ScriptedBackend(connection -> {
                    connection.readHead();
                    String received = connection.read(framed.length());
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + received.length() + "\r\n\r\n" + received);
                    connection.readByte();
                });
                LoopbackEdge edge = LoopbackEdge.with(backend).start(Http1Server::install);
                RawClient client = edge.client()) {
            client.send("POST / HTTP/1.1\r\nHost: app.example\r\nTE: trailers\r\nConnection: TE\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\nHost: evil\r\n\r\n");
            assertThat(client.readResponse()).endsWith(framed);
            assertThat(backend.heads.take())
                    .contains("transfer-encoding: chunked\r\n", "connection: te\r\nte: trailers\r\n");
            assertThat(edge.record().requestBytes).isEqualTo(5);
        }
    }
}
