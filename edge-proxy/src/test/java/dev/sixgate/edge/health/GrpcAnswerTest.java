package dev.sixgate.edge.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GrpcAnswerTest {
    private final List<String> told = new ArrayList<>();
    private final EmbeddedChannel channel =
            new EmbeddedChannel(new GrpcAnswer(wrong -> told.add(wrong == null ? "passes" : wrong)));

    @Test
    void serving_passes_however_the_message_is_cut() {
        answer("0", new byte[] {0, 0}, new byte[] {0, 0, 2, 8}, new byte[] {1});
        assertThat(told).containsExactly("passes");
    }

    @Test
    void another_status_fails() {
        answer("0", new byte[] {0, 0, 0, 0, 2, 8, 2});
        assertThat(told).containsExactly("it says NOT_SERVING");
    }

    @Test
    void an_answer_without_a_message_fails() {
        answer("0", new byte[0]);
        assertThat(told).containsExactly("the answer is no HealthCheckResponse");
    }

    @Test
    void an_empty_message_is_unknown() {
        answer("0", new byte[] {0, 0, 0, 0, 0});
        assertThat(told).containsExactly("it says UNKNOWN");
    }

    @Test
    void a_grpc_error_fails_in_the_trailers_or_in_the_head_alone() {
        answer("12", new byte[0]);
        HttpResponse head = head(200);
        head.headers().set("grpc-status", "5\u001b[2J");
        channel.writeInbound(head);
        channel.writeInbound(head(404));
        assertThat(told)
                .containsExactly(
                        "answered with gRPC status 12",
                        "answered with gRPC status that is no number",
                        "answered with 404, not with gRPC");
    }

    @Test
    void a_stream_that_closes_fails() {
        channel.close();
        assertThat(told).containsExactly("closed without an answer");
    }

    private void answer(String status, byte[]... parts) {
        channel.writeInbound(head(200));
        for (byte[] part : parts) channel.writeInbound(new DefaultHttpContent(Unpooled.wrappedBuffer(part)));
        LastHttpContent last = new DefaultLastHttpContent();
        last.trailingHeaders().set("grpc-status", status);
        channel.writeInbound(last);
    }

    private static HttpResponse head(int status) {
        return new DefaultHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(status),
                DefaultHttpHeadersFactory.headersFactory().withValidation(false));
    }
}
