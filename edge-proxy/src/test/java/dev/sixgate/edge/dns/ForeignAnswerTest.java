package dev.sixgate.edge.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.dns.Question.Read;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers of other servers, which are as hostile as questions of clients. */
class ForeignAnswerTest {
    private static final int AAAA = 28;

    private final ByteBuf query = Unpooled.wrappedBuffer(DnsMessages.query(7, "www.example.com", AAAA, 0x0100, 1232));
    private final Question question = ((Read.Good) Question.read(query)).question();

    /** Two records, of which one is OPT. */
    private ByteBuf answer(int flags, int ttl) {
        ByteBuf answer = Unpooled.buffer();
        answer.writeShort(99)
                .writeShort(flags)
                .writeShort(1)
                .writeShort(1)
                .writeShort(0)
                .writeShort(1);
        answer.writeBytes(query, 12, question.end() - 12);
        answer.writeShort(0xc00c)
                .writeShort(AAAA)
                .writeShort(1)
                .writeInt(ttl)
                .writeShort(16)
                .writeZero(16);
        answer.writeByte(0).writeShort(41).writeShort(1232).writeInt(0).writeShort(0);
        return answer;
    }

    @ParameterizedTest
    @CsvSource({
        "0x8180, 60, 60",
        "0x8180, 100000, 3600",
        "0x8180, -5, 0",
        "0x8183, 600, 60",
        "0x8182, 600, 0",
        "0x8380, 600, 0"
    })
    void it_lasts_as_long_as_it_says_within_bounds_failures_and_what_is_cut_not_at_all(
            String flags, int ttl, int seconds) {
        ForeignAnswer heard = ForeignAnswer.read(answer(Integer.decode(flags), ttl), question);
        assertThat(heard.seconds()).isEqualTo(seconds);
    }

    @Test
    void it_is_repeated_with_the_id_and_the_spelling_of_who_asks_and_what_is_left_of_its_time() {
        ForeignAnswer heard = ForeignAnswer.read(answer(0x8180, 60), question);
        ByteBuf other = Unpooled.wrappedBuffer(DnsMessages.query(8, "WWW.example.COM", AAAA, 0x0100, 1232));
        ByteBuf out = Unpooled.buffer();
        heard.write(other, ((Read.Good) Question.read(other)).question(), 20, out);
        assertThat(out.getShort(0)).isEqualTo((short) 8);
        assertThat(out.toString(13, 3, StandardCharsets.US_ASCII)).isEqualTo("WWW");
        assertThat(out.getInt(question.end() + 6)).isEqualTo(40);
        byte[] bytes = new byte[out.readableBytes()];
        out.getBytes(0, bytes);
        assertThat(DnsMessages.read(bytes).answers()).hasSize(1);
    }

    @Test
    void no_answer_does_more_than_be_refused() {
        Random random = new Random(3);
        ByteBuf whole = answer(0x8180, 60);
        for (int length = 12; length <= whole.readableBytes(); length++) throwIn(whole.copy(0, length));
        for (int i = 0; i < 20_000; i++) {
            ByteBuf mutant = whole.copy();
            for (int flips = random.nextInt(6); flips >= 0; flips--)
                mutant.setByte(random.nextInt(mutant.readableBytes()), random.nextInt());
            throwIn(mutant);
        }
    }

    private void throwIn(ByteBuf message) {
        ForeignAnswer heard = ForeignAnswer.read(message, question);
        if (heard == null) return;
        ByteBuf out = Unpooled.buffer();
        heard.write(query, question, 1, out);
        assertThat(out.readableBytes()).isEqualTo(message.readableBytes());
        assertThat(heard.seconds()).isBetween(0, 3600);
    }
}
