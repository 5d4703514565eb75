package dev.sixgate.edge.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.servicemap.TlsOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;

class ClientHelloTest {
    private static final int RECORD_AND_HANDSHAKE_HEADERS = 9;

    @Test
    void what_a_real_client_offers_is_found_and_nothing_else() throws Exception {
        ByteBuf hello = hello("h2", "acme-tls/1");
        assertThat(ClientHello.offers(hello, "acme-tls/1")).isTrue();
        assertThat(ClientHello.offers(hello, "h2")).isTrue();
        assertThat(ClientHello.offers(hello, "http/1.1")).isFalse();
        assertThat(ClientHello.offers(hello(), "acme-tls/1")).isFalse();
    }

    @Test
    void a_hello_cut_at_any_byte_or_with_any_byte_changed_is_read_within_its_bounds() throws Exception {
        ByteBuf hello = hello("acme-tls/1");
        for (int length = 0; length < hello.readableBytes(); length++) {
            ByteBuf cut = hello.copy(hello.readerIndex(), length);
            ClientHello.offers(cut, "acme-tls/1");
            ClientHello.keyTypes(cut, TlsOptions.DEFAULT.versions());
        }
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            ByteBuf changed = hello.copy();
            changed.setByte(random.nextInt(changed.readableBytes()), random.nextInt());
            changed.setByte(random.nextInt(changed.readableBytes()), random.nextInt());
            ClientHello.offers(changed, "acme-tls/1");
            ClientHello.keyTypes(changed, TlsOptions.DEFAULT.versions());
        }
        assertThat(ClientHello.offers(hello, "acme-tls/1")).isTrue();
    }

    private static ByteBuf hello(String... protocols) throws Exception {
        SSLEngine client = SSLContext.getDefault().createSSLEngine("a.test", 443);
        client.setUseClientMode(true);
        SSLParameters parameters = client.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        client.setSSLParameters(parameters);
        ByteBuffer record = ByteBuffer.allocate(32 << 10);
        client.beginHandshake();
        client.wrap(ByteBuffer.allocate(0), record);
        return Unpooled.wrappedBuffer(record.flip()).skipBytes(RECORD_AND_HANDSHAKE_HEADERS);
    }
}
