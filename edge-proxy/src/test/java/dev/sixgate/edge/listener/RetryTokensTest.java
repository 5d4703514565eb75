package dev.sixgate.edge.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class RetryTokensTest {
    private static final InetSocketAddress CLIENT = new InetSocketAddress("192.0.2.1", 4433);

    private final ByteBuf id = Unpooled.wrappedBuffer(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    private final long[] now = {1_000_000};
    private final boolean[] load = {true};
    private final RetryTokens tokens = new RetryTokens(() -> load[0], () -> now[0]);

    @Test
    void without_load_nobody_is_sent_back() {
        load[0] = false;
        ByteBuf token = Unpooled.buffer();
        assertThat(tokens.writeToken(token, id, CLIENT)).isFalse();
        assertThat(token.isReadable()).isFalse();
    }

    @Test
    void a_token_is_good_for_its_address_and_a_while_and_leads_to_the_connection_id() {
        ByteBuf token = token();
        int at = tokens.validateToken(token, CLIENT);
        assertThat(token.slice(at, token.readableBytes() - at)).isEqualTo(id);
        assertThat(tokens.validateToken(token, new InetSocketAddress("192.0.2.2", 4433)))
                .isNegative();
        assertThat(tokens.validateToken(token, new InetSocketAddress("192.0.2.1", 4434)))
                .isNegative();
        now[0] += RetryTokens.LIFE_MILLIS;
        assertThat(tokens.validateToken(token, CLIENT)).isEqualTo(at);
        now[0]++;
        assertThat(tokens.validateToken(token, CLIENT)).isNegative();
    }

    @Test
    void any_other_byte_and_any_other_length_is_refused() {
        for (int i = 0; i < token().readableBytes(); i++) {
            ByteBuf changed = token();
            changed.setByte(i, changed.getByte(i) ^ 1);
            assertThat(tokens.validateToken(changed, CLIENT)).as("byte %d", i).isNegative();
        }
        for (int length = 0; length < 100; length++)
            assertThat(tokens.validateToken(Unpooled.wrappedBuffer(new byte[length]), CLIENT))
                    .isNegative();
        RetryTokens others = new RetryTokens(() -> true, () -> now[0]);
        assertThat(others.validateToken(token(), CLIENT))
                .as("of another process")
                .isNegative();
    }

    private ByteBuf token() {
        ByteBuf token = Unpooled.buffer();
        assertThat(tokens.writeToken(token, id, CLIENT)).isTrue();
        assertThat(token.readableBytes()).isLessThanOrEqualTo(tokens.maxTokenLength());
        return token;
    }
}
