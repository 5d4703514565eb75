package dev.sixgate.edge.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.http.BodyLength;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.http.Version;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompressionTest {
    private static ResponseHead head(int status, long length, String... fields) {
        Fields all = new Fields();
        for (int i = 0; i < fields.length; i += 2) all.add(fields[i], fields[i + 1]);
        return new ResponseHead(status, Version.HTTP_1_1, all, length, length, true);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text/html; charset=utf-8 | x-a      | b            | true",
                "application/ld+json      | x-a      | b            | true",
                "APPLICATION/JSON         | x-a      | b            | true",
                "image/svg+xml            | x-a      | b            | true",
                "image/png                | x-a      | b            | false",
                "application/grpc+proto   | x-a      | b            | false",
                "text/event-stream        | x-a      | b            | false",
                "text/html                | content-encoding | br   | false",
                "text/html                | content-range | bytes 0-1/2 | false",
                "text/html                | Cache-Control | private, No-Transform | false",
                "text/html                | Content-Digest | sha-256=:x: | false"
            })
    void what_is_text_and_may_be_changed_is_worth_it(String type, String name, String value, boolean worth) {
        assertThat(Compression.isWorthwhile(head(200, 5000, "content-type", type, name, value)))
                .isEqualTo(worth);
    }

    @Test
    void small_partial_and_empty_answers_stay_as_they_are() {
        assertThat(Compression.isWorthwhile(head(200, 1023, "content-type", "text/html")))
                .isFalse();
        assertThat(Compression.isWorthwhile(head(206, 5000, "content-type", "text/html")))
                .isFalse();
        assertThat(Compression.isWorthwhile(head(101, BodyLength.UNKNOWN, "content-type", "text/html")))
                .isFalse();
        assertThat(Compression.isWorthwhile(head(304, BodyLength.NONE, "content-type", "text/html")))
                .isFalse();
        assertThat(Compression.isWorthwhile(head(200, 5000))).isFalse();
        assertThat(Compression.isWorthwhile(head(404, BodyLength.UNTIL_CLOSE, "content-type", "text/html")))
                .isTrue();
    }

    @Test
    void the_head_says_gzip_varies_and_has_a_weak_tag() {
        ResponseHead head = head(200, 5000, "Vary", "Origin", "ETag", "\"a\"", "Accept-Ranges", "bytes");
        Compression.vary(head.fields());
        Compression.vary(head.fields());
        ResponseHead compressed = Compression.compressed(head);
        assertThat(compressed.bodyLength()).isEqualTo(BodyLength.UNKNOWN);
        assertThat(compressed.declaredLength()).isEqualTo(BodyLength.NONE);
        assertThat(compressed.fields().toString())
                .isEqualTo("Vary: Origin\nvary: accept-encoding\netag: W/\"a\"\ncontent-encoding: gzip\n");
    }

    @Test
    void pieces_become_one_gzip_and_a_flush_gives_all_that_came_before() throws IOException {
        Random random = new Random(7);
        byte[] noise = new byte[300_000];
        random.nextBytes(noise);
        byte[] text = "all work and no play makes a dull text. ".repeat(20_000).getBytes();
        List<byte[]> pieces = new ArrayList<>(List.of(noise, text, new byte[] {1}, text));
        ByteBuf sent = Unpooled.buffer();
        ByteBuf whole = Unpooled.buffer();
        try (GzipBody gzip = GzipBody.begin()) {
            for (byte[] piece : pieces) {
                whole.writeBytes(piece);
                sent.writeBytes(gzip.add(Unpooled.copiedBuffer(piece)));
                sent.writeBytes(gzip.flush());
                assertThat(gzip.flush().isReadable()).isFalse();
                var readable = new GZIPInputStream(new ByteArrayInputStream(sent.array(), 0, sent.readableBytes()));
                assertThat(readable.readNBytes(whole.readableBytes())).isEqualTo(bytes(whole));
            }
            sent.writeBytes(gzip.end());
        }
        assertThat(new GZIPInputStream(new ByteArrayInputStream(bytes(sent))).readAllBytes())
                .isEqualTo(bytes(whole));
    }

    @Test
    void no_body_at_all_is_a_gzip_of_nothing() throws IOException {
        try (GzipBody gzip = GzipBody.begin()) {
            assertThat(new GZIPInputStream(new ByteArrayInputStream(bytes(gzip.end()))).readAllBytes())
                    .isEmpty();
        }
    }

    @Test
    void beyond_the_bound_nobody_gets_one_until_another_is_closed() {
        List<GzipBody> open = new ArrayList<>();
        for (GzipBody one = GzipBody.begin(); one != null; one = GzipBody.begin()) open.add(one);
        assertThat(open.size()).isLessThanOrEqualTo(GzipBody.MOST_AT_ONCE);
        open.getFirst().close();
        open.getFirst().close();
        GzipBody next = GzipBody.begin();
        assertThat(next).isNotNull();
        assertThat(GzipBody.begin()).as("closing twice frees one").isNull();
        next.close();
        open.forEach(GzipBody::close);
    }

    private static byte[] bytes(ByteBuf data) {
        byte[] bytes = new byte[data.readableBytes()];
        data.getBytes(data.readerIndex(), bytes);
        return bytes;
    }
}
