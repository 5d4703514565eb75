package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 5961 in every synchronized state: what a stranger who guesses the four-tuple can and cannot do. */
class TcpBlindAttackTest {
    /** The window of the remote's data begins at 101, or at 102 behind its FIN. */
    private static TcpScript inState(String state) {
        var tcp = TcpScript.established(TcpOptions.DEFAULT, "mss=1360 sackOK ts=1000:0");
        long next = 101;
        switch (state) {
            case "FIN_WAIT_1" -> tcp.shutsDown();
            case "FIN_WAIT_2" -> {
                tcp.shutsDown();
                tcp.receives("ACK seq=101 ack=2 ts=1000:" + tcp.ourTimestamp());
            }
            case "CLOSE_WAIT" -> next = fin(tcp, 1);
            case "CLOSING" -> {
                tcp.shutsDown();
                next = fin(tcp, 1);
            }
            case "LAST_ACK" -> {
                next = fin(tcp, 1);
                tcp.shutsDown();
            }
            default -> {
                // ESTABLISHED
            }
        }
        tcp.ignoreSent();
        assertThat(tcp.state()).isEqualTo(state);
        assertThat(tcp.connection().receive.next()).isEqualTo(next);
        return tcp;
    }

    private static long fin(TcpScript tcp, int ack) {
        tcp.receives("FIN-ACK seq=101 ack=" + ack + " ts=1000:" + tcp.ourTimestamp());
        return 102;
    }

    @ParameterizedTest(name = "{0}: RST {1} from the next sequence number") // §3.2; RFC 9293 §3.5.2
    @CsvSource({
        "ESTABLISHED, 0, CLOSED, 0",
        "ESTABLISHED, 1, ESTABLISHED, 1",
        "ESTABLISHED, 60000, ESTABLISHED, 1",
        "ESTABLISHED, -1, ESTABLISHED, 0",
        "ESTABLISHED, 3000000, ESTABLISHED, 0",
        "FIN_WAIT_1, 0, CLOSED, 0",
        "FIN_WAIT_1, 1, FIN_WAIT_1, 1",
        "FIN_WAIT_1, -1, FIN_WAIT_1, 0",
        "FIN_WAIT_2, 0, CLOSED, 0",
        "FIN_WAIT_2, 1, FIN_WAIT_2, 1",
        "FIN_WAIT_2, 3000000, FIN_WAIT_2, 0",
        "CLOSE_WAIT, 0, CLOSED, 0",
        "CLOSE_WAIT, 1, CLOSE_WAIT, 1",
        "CLOSE_WAIT, -1, CLOSE_WAIT, 0",
        "CLOSING, 0, CLOSED, 0",
        "CLOSING, 1, CLOSING, 1",
        "LAST_ACK, 0, CLOSED, 0",
        "LAST_ACK, 1, LAST_ACK, 1",
        "LAST_ACK, 3000000, LAST_ACK, 0"
    })
    void a_RST_ends_a_connection_only_with_the_exact_number(String state, long distance, String after, int answers) {
        try (var tcp = inState(state)) {
            tcp.receives("RST seq=" + (tcp.connection().receive.next() + distance));
            assertThat(tcp.state()).isEqualTo(after);
            assertThat(tcp.pendingSegments()).isEqualTo(answers);
            if (answers > 0)
                tcp.sends("ACK len=0 ack=" + tcp.connection().receive.next());
        }
    }

    @ParameterizedTest(name = "{0}: SYN {1} from the next sequence number") // §4.2
    @CsvSource({
        "ESTABLISHED, 0",
        "ESTABLISHED, 100",
        "ESTABLISHED, -1",
        "ESTABLISHED, 2000000000",
        "FIN_WAIT_1, 0",
        "FIN_WAIT_2, -50000",
        "CLOSE_WAIT, 7",
        "CLOSING, 0",
        "LAST_ACK, -1"
    })
    void a_SYN_is_challenged_whatever_its_number_and_its_data_is_not_taken(String state, long distance) {
        try (var tcp = inState(state)) {
            long sequence = tcp.connection().receive.next() + distance & 0xffff_ffffL;
            tcp.receives("SYN seq=" + sequence + " len=50 ts=2000:0");
            tcp.sends("ACK len=0 ack=" + tcp.connection().receive.next());
            tcp.sendsNothing();
            assertThat(tcp.state()).isEqualTo(state);
            assertThat(tcp.connection().readableBytes()).isZero();
        }
    }

    @Test // §4.2 and §7: not even a SYN with data draws more than the limit
    void a_flood_of_SYNs_with_data_draws_no_more_challenges_than_one_without() {
        try (var tcp = inState("ESTABLISHED")) {
            for (int i = 0; i < 50; i++) tcp.receives("SYN seq=" + i * 1_000_000 + " len=100");
            assertThat(tcp.pendingSegments()).isEqualTo(10);
        }
    }

    @Test // a remote that restarted: its SYN, our challenge, its RST, and then its SYN again
    void a_remote_that_lost_its_state_gets_through_by_the_challenge() {
        try (var tcp = inState("ESTABLISHED")) {
            tcp.receives("SYN seq=77777 mss=1360");
            long challenged = tcp.takeNext().number("ack", -1);
            tcp.receives("RST seq=" + challenged);
            assertThat(tcp.state()).isEqualTo("CLOSED");
            tcp.receives("SYN seq=77777 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK ack=77778");
        }
    }

    @ParameterizedTest(
            name = "ack {0} with nothing sent beyond 11") // §5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT
    @CsvSource({"12, false", "11, true", "1, true", "-65534, true", "-65535, false", "2000000000, false"})
    void data_is_taken_only_with_an_acknowledgement_that_may_be(long ack, boolean isTaken) {
        try (var tcp = TcpScript.established()) { // the remote's window: 65535
            tcp.writes(10);
            tcp.ignoreSent();
            tcp.receives("ACK seq=101 ack=" + ack + " len=10");
            assertThat(tcp.connection().readableBytes()).isEqualTo(isTaken ? 10 : 0);
            tcp.sends("ACK seq=11 len=0 ack=" + (isTaken ? 111 : 101));
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 7323 §4.3: a timestamp counts only of a segment that was acceptable in full
    @ValueSource(longs = {12, -2_000_000})
    void a_segment_with_an_impossible_acknowledgement_does_not_move_the_timestamp(long ack) {
        try (var tcp = inState("ESTABLISHED")) {
            tcp.receives("ACK seq=101 ack=" + ack + " len=10 ts=2000000000:0");
            tcp.sends("ACK ack=101 echo=1000");
            tcp.receives("ACK seq=101 ack=1 len=10 ts=1001:0");
            assertThat(tcp.reads()).isEqualTo(10);
        }
    }

    @ParameterizedTest // nor does it keep a connection alive whose remote is gone
    @ValueSource(strings = {"ACK seq=101 ack=77", "SYN seq=101", "RST seq=300", "NONE seq=101 len=5"})
    void what_is_refused_is_no_sign_of_life(String segment) {
        try (var tcp = inState("ESTABLISHED")) {
            long before = tcp.connection().lastReceivedAt;
            tcp.after(500);
            tcp.receives(segment);
            assertThat(tcp.connection().lastReceivedAt).isEqualTo(before);
        }
    }

    @Test // §7: many connections together stay within the stack's limit, whose size nobody can tell beforehand
    void challenges_of_all_connections_together_are_limited() {
        try (var tcp = TcpScript.idle()) {
            tcp.listen(TcpOptions.DEFAULT, 400);
            for (int port = 1; port <= 400; port++) {
                tcp.fromPort(port);
                tcp.receives("SYN seq=100");
                TcpConnection pending = tcp.takePending();
                tcp.adopt(pending);
                pending.accept(tcp.now);
                tcp.after(0);
                tcp.receives("ACK seq=101 ack=1");
            }
            int first = challenges(tcp);
            tcp.after(1000);
            int second = challenges(tcp);
            assertThat(first).isBetween(ChallengeBudget.PER_SECOND_MIN, ChallengeBudget.PER_SECOND_MAX);
            assertThat(second)
                    .isBetween(ChallengeBudget.PER_SECOND_MIN, ChallengeBudget.PER_SECOND_MAX)
                    .isNotEqualTo(first);
        }
    }

    private static int challenges(TcpScript tcp) {
        tcp.ignoreSent();
        for (int port = 1; port <= 400; port++) {
            tcp.fromPort(port);
            for (int i = 0; i < 10; i++) tcp.receives("SYN seq=500");
        }
        return tcp.pendingSegments();
    }

    @Test // RFC 1337 §3: old duplicates meet TIME-WAIT
    void TIME_WAIT_answers_old_data_and_ignores_every_RST() {
        try (var tcp = inState("FIN_WAIT_2")) {
            tcp.receives("FIN-ACK seq=101 ack=2 ts=1001:" + tcp.ourTimestamp());
            tcp.sends("ACK seq=2 ack=102");
            for (long sequence : new long[] {101, 102, 103, 50_000}) tcp.receives("RST seq=" + sequence);
            tcp.sendsNothing();
            tcp.receives("ACK seq=50 ack=1 len=20 ts=999:0");
            tcp.sends("ACK seq=2 ack=102");
            assertThat(tcp.stack.timeWait.size()).isOne();
        }
    }

    @Test // a flood at a tuple in TIME-WAIT draws no more than the limit; the FIN that an honest remote repeats is
    // answered
    void TIME_WAIT_answers_strangers_within_the_limit() {
        try (var tcp = inState("FIN_WAIT_2")) {
            tcp.receives("FIN-ACK seq=101 ack=2 ts=1001:" + tcp.ourTimestamp());
            tcp.ignoreSent();
            for (int i = 0; i < 3000; i++) tcp.receives("ACK seq=50 ack=1 len=20 ts=999:0");
            assertThat(tcp.pendingSegments()).isBetween(ChallengeBudget.PER_SECOND_MIN, ChallengeBudget.PER_SECOND_MAX);
            tcp.ignoreSent();
            tcp.receives("FIN-ACK seq=101 ack=2 ts=1002:" + tcp.ourTimestamp());
            tcp.sends("ACK seq=2 ack=102");
        }
    }
}
