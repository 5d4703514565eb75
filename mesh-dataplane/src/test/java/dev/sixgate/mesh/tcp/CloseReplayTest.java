package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.tcp.ReplayedTcp.Stack;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Scripts of closing, resetting and blind attacks (RFC 5961), as {@link HandshakeReplayTest} has those of opening. */
class CloseReplayTest {
    @ParameterizedTest // RFC 9293 §3.6, figure 12
    @EnumSource
    void the_side_that_closes_first_waits_and_answers_a_repeated_FIN(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.shutsDown();
            tcp.sends("FIN-ACK seq=1 ack=101");
            tcp.receives("ACK seq=101 ack=2");
            tcp.receives("FIN-ACK seq=101 ack=2");
            tcp.sends("ACK seq=2 ack=102");
            tcp.receives("FIN-ACK seq=101 ack=2");
            tcp.sends("ACK seq=2 ack=102");
            assertThat(tcp.isAtEnd()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void the_side_that_closes_second_is_gone_with_the_last_acknowledgement(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.sendsInTime("ACK seq=1 ack=102"); // Linux delays it
            assertThat(tcp.isAtEnd()).isTrue();
            tcp.closes();
            tcp.sends("FIN-ACK seq=1 ack=102");
            tcp.receives("ACK seq=102 ack=2");
            tcp.sendsNothing();
            tcp.receives("ACK seq=102 ack=2");
            tcp.sends("RST seq=2");
        }
    }

    @ParameterizedTest // RFC 9293 §3.6, figure 13
    @EnumSource
    void both_sides_may_close_at_once(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.closes();
            tcp.sends("FIN-ACK seq=1 ack=101");
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.sends("ACK seq=2 ack=102");
            tcp.sendsNothing();
            tcp.receives("ACK seq=102 ack=2");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest
    @EnumSource
    void after_our_FIN_the_remote_may_go_on_sending(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.shutsDown();
            tcp.sends("FIN-ACK seq=1");
            tcp.receives("ACK seq=101 ack=2 len=1000");
            tcp.sends("ACK seq=2 ack=1101");
            tcp.reads(1000);
            tcp.receives("FIN-ACK seq=1101 ack=2 len=5");
            tcp.sends("ACK seq=2 ack=1107");
            tcp.reads(5);
            assertThat(tcp.isAtEnd()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void after_the_remotes_FIN_we_may_go_on_sending(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.sendsInTime("ACK ack=102");
            tcp.writes(500);
            tcp.sends("ACK seq=1 ack=102 len=500");
            tcp.receives("ACK seq=102 ack=501");
            tcp.shutsDown();
            tcp.sends("FIN-ACK seq=501");
            tcp.receives("ACK seq=102 ack=502");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest
    @EnumSource
    void the_end_shows_only_after_everything_was_read(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("FIN-ACK seq=101 ack=1 len=600");
            tcp.sendsInTime("ACK ack=702");
            tcp.reads(600);
            assertThat(tcp.isAtEnd()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_FIN_beyond_a_gap_waits_for_the_gap(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("FIN-ACK seq=201 ack=1 len=100");
            tcp.sends("ACK ack=101");
            assertThat(tcp.isAtEnd()).isFalse();
            tcp.receives("ACK seq=101 ack=1 len=100");
            tcp.sends("ACK ack=302");
            tcp.reads(200);
            assertThat(tcp.isAtEnd()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_FIN_is_repeated_with_the_data_it_rides_on(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=101 ack=1 win=0");
            tcp.writes(100);
            tcp.shutsDown();
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=1 win=5000");
            tcp.sends("FIN-PSH-ACK seq=1 len=100");
            tcp.sendsInTime("FIN-PSH-ACK seq=1 len=100");
            tcp.receives("ACK seq=101 ack=102");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 2525 §2.17, RFC 9293 §3.6.1
    @EnumSource
    void closing_with_unread_data_resets(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("ACK seq=101 ack=1 len=10");
            tcp.sends("ACK ack=111");
            tcp.closes();
            tcp.sends("RST-ACK seq=1 ack=111");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 9293 §3.6.1
    @EnumSource
    void data_that_arrives_after_close_resets(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.closes();
            tcp.sends("FIN-ACK seq=1");
            tcp.receives("ACK seq=101 ack=2 len=10");
            assertThat(tcp.next("a RST").flags()).contains("RST");
        }
    }

    @ParameterizedTest
    @EnumSource
    void an_abort_sends_RST(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.aborts();
            tcp.sends("RST-ACK seq=1 ack=101");
            tcp.receives("ACK seq=101 ack=1 len=5");
            tcp.sends("RST seq=1");
        }
    }

    @ParameterizedTest // RFC 1337 §3: assassination; Linux allows it unless net.ipv4.tcp_rfc1337 is set
    @EnumSource
    void TIME_WAIT_ignores_RST_in_ours_only(Stack stack) throws Exception {
        try (var tcp = timeWait(stack, "mss=1360")) {
            tcp.receives("RST seq=102");
            tcp.sendsNothing();
            tcp.receives("FIN-ACK seq=101 ack=2");
            tcp.sends(tcp.isLinux() ? "RST seq=2" : "ACK seq=2 ack=102");
        }
    }

    @ParameterizedTest
    @EnumSource
    void TIME_WAIT_says_nothing_to_a_bare_acknowledgement(Stack stack) throws Exception {
        try (var tcp = timeWait(stack, "mss=1360")) {
            tcp.receives("ACK seq=102 ack=2");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest(name = "{0}: after \"{1}\", SYN {2} replaces: {3}") // RFC 6191 §2, RFC 9293 §3.6.1
    @CsvSource({
        "SIXGATE, ts=1000:0, seq=50 ts=1002:0,  true",
        "LINUX,   ts=1000:0, seq=50 ts=1002:0,  true",
        "SIXGATE, ts=1000:0, seq=103 ts=1001:0, true",
        "LINUX,   ts=1000:0, seq=103 ts=1001:0, true",
        "SIXGATE, ts=1000:0, seq=102 ts=1001:0, false",
        "LINUX,   ts=1000:0, seq=102 ts=1001:0, false",
        "SIXGATE, ts=1000:0, seq=50 ts=999:0,   false",
        "LINUX,   ts=1000:0, seq=50 ts=999:0,   false",
        "SIXGATE, '',        seq=103,           true",
        "LINUX,   '',        seq=103,           true",
        "SIXGATE, '',        seq=102,           false",
        "LINUX,   '',        seq=102,           false"
    })
    void a_SYN_replaces_TIME_WAIT_only_when_it_cannot_be_old(Stack stack, String before, String syn, boolean replaces)
            throws Exception {
        try (var tcp = timeWait(stack, "mss=1360 " + before)) {
            tcp.receives("SYN mss=1360 " + syn);
            if (!replaces) {
                tcp.sends("ACK seq=2 ack=102");
                return;
            }
            tcp.accept();
            tcp.sends("SYN-ACK seq=0");
        }
    }

    private static ReplayedTcp timeWait(Stack stack, String synOptions) throws Exception {
        var tcp = stack.established(synOptions);
        tcp.closes();
        tcp.sends("FIN-ACK seq=1");
        tcp.receives("FIN-ACK seq=101 ack=2" + (synOptions.contains("ts=") ? " ts=1001:$" : ""));
        tcp.sends("ACK seq=2 ack=102");
        return tcp;
    }

    @ParameterizedTest // RFC 5961 §3.2
    @EnumSource
    void a_RST_at_exactly_the_next_sequence_number_resets(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("RST seq=101");
            tcp.sendsNothing();
            assertThat(tcp.isReset()).isTrue();
        }
    }

    @ParameterizedTest(name = "{0}: RST at {1}") // RFC 5961 §3.2
    @CsvSource({"SIXGATE, 102", "LINUX, 102", "SIXGATE, 60000", "LINUX, 60000"})
    void a_RST_elsewhere_in_the_window_is_challenged(Stack stack, long sequence) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("RST seq=" + sequence);
            tcp.sends("ACK seq=1 ack=101 len=0");
            assertThat(tcp.isReset()).isFalse();
        }
    }

    @ParameterizedTest(name = "{0}: RST at {1}")
    @CsvSource({"SIXGATE, 100", "LINUX, 100", "SIXGATE, 3000000", "LINUX, 3000000"})
    void a_RST_outside_the_window_is_dropped(Stack stack, long sequence) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("RST seq=" + sequence);
            tcp.sendsNothing();
            assertThat(tcp.isReset()).isFalse();
        }
    }

    @ParameterizedTest(name = "{0}: SYN at {1}") // RFC 5961 §4.2
    @CsvSource({"SIXGATE, 101", "LINUX, 101", "SIXGATE, 500", "LINUX, 500", "SIXGATE, 2000000000", "LINUX, 2000000000"})
    void a_SYN_on_a_connection_is_challenged(Stack stack, long sequence) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("SYN seq=" + sequence);
            tcp.sends("ACK seq=1 ack=101 len=0");
            tcp.sendsNothing();
            assertThat(tcp.isReset()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_remote_that_lost_its_state_gets_through_by_the_challenge(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("SYN seq=77777 mss=1360");
            tcp.sends("ACK seq=1 ack=101");
            tcp.receives("RST seq=101");
            tcp.receives("SYN seq=77777 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK ack=77778");
        }
    }

    @ParameterizedTest(name = "{0}: ack {1} with nothing sent beyond 11") // RFC 5961 §5.2
    @CsvSource({
        "SIXGATE, 12, false", "LINUX, 12, false",
        "SIXGATE, 11, true", "LINUX, 11, true",
        "SIXGATE, 1, true", "LINUX, 1, true",
        "SIXGATE, -65533, true", "LINUX, -65533, true",
        "SIXGATE, -2000000, false", "LINUX, -2000000, true" // its fast path does not ask
    })
    void data_is_taken_only_with_an_acknowledgement_that_may_be(Stack stack, long ack, boolean isTaken)
            throws Exception {
        try (var tcp = stack.established()) {
            tcp.writes(10);
            tcp.sends("ACK seq=1 len=10");
            tcp.receives("ACK seq=101 ack=" + ack + " len=10");
            tcp.sends("ACK seq=11 len=0 ack=" + (isTaken ? 111 : 101));
            tcp.reads(isTaken ? 10 : 0);
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.4, fifth
    @EnumSource
    void a_segment_without_ACK_is_dropped(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("NONE seq=101 len=5");
            tcp.receives("FIN seq=101");
            tcp.sendsNothing();
            tcp.reads(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_RST_is_heard_in_CLOSE_WAIT(Stack stack) throws Exception {
        try (var tcp = stack.established()) {
            tcp.receives("FIN-ACK seq=101 ack=1");
            tcp.sendsInTime("ACK ack=102");
            tcp.receives("RST seq=103");
            tcp.sends("ACK seq=1 ack=102");
            tcp.receives("RST seq=102");
            tcp.receives("ACK seq=102 ack=1");
            tcp.sends("RST seq=1");
        }
    }
}
