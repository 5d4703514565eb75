package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.tcp.ReplayedTcp.Stack;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Scripts of opening that Linux' TCP and ours pass alike, so that the expectation is not only ours. Where they differ the
 * script says so, and {@code docs/reference/tcp-and-linux.md} why.
 */
class HandshakeReplayTest {
    @ParameterizedTest
    @EnumSource
    void an_active_open_sends_SYN_and_acknowledges_the_SYN_ACK(Stack stack) throws Exception {
        try (var tcp = stack.connecting()) {
            tcp.sends("SYN seq=0 mss=1360 sackOK");
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360 ws=7 sackOK");
            tcp.sends("ACK seq=1 ack=101 len=0 ts=none");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest(name = "{0}: {1}") // RFC 7323 §2.2 and §3.2, RFC 2018 §2
    @CsvSource({
        "SIXGATE, mss=1360, ws=none sackOK=none ts=none",
        "LINUX,   mss=1360, ws=none sackOK=none ts=none",
        "SIXGATE, sackOK,   ws=none ts=none sackOK",
        "LINUX,   sackOK,   ws=none ts=none sackOK",
        "SIXGATE, ts=3:0,   ws=none sackOK=none echo=3",
        "LINUX,   ts=3:0,   ws=none sackOK=none echo=3",
        "SIXGATE, ws=0,     ws=7 sackOK=none ts=none",
        "LINUX,   ws=0,     sackOK=none ts=none" // its shift is the administrator's to say
    })
    void the_SYN_ACK_has_only_options_that_the_SYN_offered(Stack stack, String offered, String answered)
            throws Exception {
        try (var tcp = stack.listening()) {
            tcp.receives("SYN seq=100 " + offered);
            tcp.accept();
            tcp.sends("SYN-ACK seq=0 ack=101 mss=1360 " + answered);
        }
    }

    @ParameterizedTest // RFC 9293 §3.5, figure 7
    @EnumSource
    void both_sides_may_open_at_once(Stack stack) throws Exception {
        try (var tcp = stack.connecting()) {
            tcp.sends("SYN seq=0");
            tcp.receives("SYN seq=100 mss=1360");
            tcp.sends("SYN-ACK seq=0 ack=101");
            tcp.receives("SYN-ACK seq=100 ack=1");
            tcp.sends("ACK seq=1 ack=101 len=0");
            tcp.writes(10);
            tcp.sends("ACK seq=1 ack=101 len=10");
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_simultaneous_open_also_completes_by_a_plain_acknowledgement(Stack stack) throws Exception {
        try (var tcp = stack.connecting()) {
            tcp.sends("SYN");
            tcp.receives("SYN seq=100");
            tcp.sends("SYN-ACK");
            tcp.receives("ACK seq=101 ack=1");
            tcp.writes(10);
            tcp.sends("ACK seq=1 ack=101 len=10");
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.1
    @EnumSource
    void a_SYN_to_a_closed_port_is_reset(Stack stack) throws Exception {
        try (var tcp = stack.idle()) {
            tcp.receives("SYN seq=100");
            tcp.sends("RST-ACK seq=0 ack=101");
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.1: SEG.LEN counts data and FIN
    @EnumSource
    void the_reset_of_a_segment_without_ACK_acknowledges_all_of_it(Stack stack) throws Exception {
        try (var tcp = stack.idle()) {
            tcp.receives("SYN-FIN seq=100 len=10");
            tcp.sends("RST-ACK seq=0 ack=112");
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.1
    @EnumSource
    void a_segment_with_an_ack_to_nothing_is_reset_at_its_ack(Stack stack) throws Exception {
        try (var tcp = stack.idle()) {
            tcp.receives("ACK seq=100 ack=7777 len=5");
            tcp.sends("RST seq=7777 ack=0");
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.1
    @EnumSource
    void a_RST_to_nothing_is_dropped(Stack stack) throws Exception {
        try (var tcp = stack.idle()) {
            tcp.receives("RST seq=100");
            tcp.receives("RST-ACK seq=100 ack=1");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.2
    @EnumSource
    void in_LISTEN_an_ack_is_reset_and_what_is_no_SYN_is_dropped(Stack stack) throws Exception {
        try (var tcp = stack.listening()) {
            tcp.receives("ACK seq=100 ack=1");
            tcp.sends("RST seq=1");
            tcp.receives("SYN-ACK seq=100 ack=50");
            tcp.sends("RST seq=50");
            tcp.receives("RST seq=100");
            tcp.receives("FIN seq=100");
            tcp.receives("SYN-FIN seq=100");
            tcp.receives("NONE seq=100 len=4");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.3, first
    @EnumSource
    void a_wrong_acknowledgement_of_our_SYN_is_reset_and_we_go_on(Stack stack) throws Exception {
        try (var tcp = stack.connecting()) {
            tcp.sends("SYN");
            tcp.receives("SYN-ACK seq=100 ack=2");
            tcp.sends("RST seq=2");
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360");
            tcp.sends("ACK seq=1 ack=101");
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.3, second
    @EnumSource
    void a_RST_that_acknowledges_our_SYN_refuses_the_connection(Stack stack) throws Exception {
        try (var tcp = stack.connecting()) {
            tcp.sends("SYN");
            tcp.receives("RST seq=0"); // without an acknowledgement it may be anybody's
            tcp.sendsNothing();
            tcp.receives("RST-ACK seq=0 ack=1");
            tcp.sendsNothing();
            assertThat(tcp.isReset()).isTrue();
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360");
            tcp.sends("RST seq=1");
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.3, fifth
    @EnumSource
    void a_segment_without_SYN_and_RST_is_dropped_in_SYN_SENT(Stack stack) throws Exception {
        try (var tcp = stack.connecting()) {
            tcp.sends("SYN");
            tcp.receives("FIN seq=100");
            tcp.receives("NONE seq=100 len=10");
            tcp.sendsNothing();
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360");
            tcp.sends("ACK seq=1 ack=101");
        }
    }

    @ParameterizedTest // RFC 6298 §2.1: one second
    @EnumSource
    void an_unanswered_SYN_is_repeated(Stack stack) throws Exception {
        try (var tcp = stack.connecting()) {
            tcp.sends("SYN seq=0");
            tcp.sendsInTime("SYN seq=0 len=0 mss=1360 sackOK");
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_repeated_SYN_gets_the_same_SYN_ACK(Stack stack) throws Exception {
        try (var tcp = stack.listening()) {
            tcp.receives("SYN seq=100 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK seq=0 ack=101");
            tcp.receives("SYN seq=100 mss=1360");
            tcp.sends("SYN-ACK seq=0 ack=101");
            tcp.receives("ACK seq=101 ack=1");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 9293 §3.4: it may be taken later; both leave it to be sent again
    @EnumSource
    void data_with_the_SYN_is_left_to_be_sent_again(Stack stack) throws Exception {
        try (var tcp = stack.listening()) {
            tcp.receives("SYN seq=100 len=5 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK seq=0 ack=101");
            tcp.receives("ACK seq=101 ack=1 len=5");
            tcp.sends("ACK seq=1 ack=106");
            tcp.reads(5);
        }
    }

    @ParameterizedTest
    @EnumSource
    void data_with_the_SYN_ACK_is_taken_by_one_and_left_by_the_other(Stack stack) throws Exception {
        try (var tcp = stack.connecting()) {
            tcp.sends("SYN");
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360 len=5 at=101");
            tcp.sends("ACK seq=1 ack=" + (tcp.isLinux() ? 101 : 106));
            if (tcp.isLinux()) tcp.receives("ACK seq=101 ack=1 len=5");
            tcp.reads(5);
        }
    }

    @ParameterizedTest // RFC 9293 §3.10.7.4, fifth
    @EnumSource
    void a_wrong_acknowledgement_in_SYN_RECEIVED_is_reset(Stack stack) throws Exception {
        try (var tcp = stack.listening()) {
            tcp.receives("SYN seq=100 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK seq=0 ack=101");
            tcp.receives("ACK seq=101 ack=77");
            tcp.sends("RST seq=77");
            tcp.receives("ACK seq=101 ack=1 len=5");
            tcp.sends("ACK seq=1 ack=106");
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_RST_in_SYN_RECEIVED_ends_it(Stack stack) throws Exception {
        try (var tcp = stack.listening()) {
            tcp.receives("SYN seq=100 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK seq=0 ack=101");
            tcp.receives("RST seq=101");
            tcp.receives("ACK seq=101 ack=1");
            tcp.sends("RST seq=1");
        }
    }

    @ParameterizedTest // RFC 9293 §3.7.1
    @EnumSource
    void the_remotes_MSS_bounds_our_segments(Stack stack) throws Exception {
        try (var tcp = stack.established("mss=536")) {
            tcp.writes(1000);
            tcp.sends("ACK seq=1 len=536");
            tcp.sends("ACK seq=537 len=464");
        }
    }

    @ParameterizedTest // RFC 7323 §2.2: a SYN's window is never scaled, every other is
    @EnumSource
    void windows_are_scaled_after_the_handshake_only(Stack stack) throws Exception {
        try (var tcp = stack.connecting()) {
            tcp.sends("SYN");
            tcp.receives("SYN-ACK seq=100 ack=1 win=2720 ws=3 mss=1360");
            tcp.sends("ACK seq=1 ack=101");
            tcp.writes(6800);
            tcp.sends("ACK seq=1 len=1360");
            tcp.sends("ACK seq=1361 len=1360");
            tcp.sendsNothing();
            tcp.receives("ACK seq=101 ack=2721 win=340");
            tcp.sends("ACK seq=2721 len=1360");
            tcp.sends("ACK seq=4081 len=1360");
            tcp.sendsNothing();
        }
    }

    @ParameterizedTest // RFC 7323 §2.3
    @EnumSource
    void a_window_scale_above_14_counts_as_14(Stack stack) throws Exception {
        try (var tcp = stack.listening()) {
            tcp.receives("SYN seq=100 ws=255 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK seq=0 ack=101");
            tcp.receives("ACK seq=101 ack=1 win=1");
            tcp.writes(13_000);
            for (int i = 0; i < 9; i++) tcp.sends("ACK seq=" + (1 + 1360 * i) + " len=1360");
            tcp.sends("ACK len=760");
        }
    }

    @ParameterizedTest
    @EnumSource
    void sequence_numbers_wrap(Stack stack) throws Exception {
        try (var tcp = stack.listening()) {
            tcp.receives("SYN seq=4294967000 mss=1360");
            tcp.accept();
            tcp.sends("SYN-ACK ack=4294967001");
            tcp.receives("ACK seq=4294967001 ack=1");
            tcp.receives("ACK seq=4294967001 ack=1 len=290");
            tcp.sends("ACK ack=4294967291");
            tcp.receives("ACK seq=15 ack=1 len=10");
            tcp.sends("ACK ack=4294967291");
            tcp.receives("ACK seq=4294967291 ack=1 len=20");
            tcp.sends("ACK ack=25");
        }
    }

    @ParameterizedTest(name = "{0}: {1}") // RFC 4987 §3.6: what the cookie cannot bring back is not offered
    @CsvSource({
        "SIXGATE, mss=1360 ws=7 sackOK, ws=none sackOK=none ts=none",
        "LINUX,   mss=1360 ws=7 sackOK, ws=none sackOK=none ts=none",
        "SIXGATE, mss=1360 sackOK ts=1000:0, ws=none sackOK echo=1000",
        "LINUX,   mss=1360 sackOK ts=1000:0, ws=none sackOK echo=1000"
    })
    void a_SYN_under_flood_is_answered_by_a_cookie_that_brings_the_connection_back(
            Stack stack, String offered, String answered) throws Exception {
        try (var tcp = stack.idle()) {
            tcp.listenUnderFlood();
            tcp.receives("SYN seq=100 " + offered);
            tcp.settle();
            long cookie = tcp.outbox.getFirst().number("seq", 0);
            tcp.sends("SYN-ACK ack=101 mss=1360 " + answered);
            tcp.receives("SYN seq=100 " + offered);
            tcp.sends("SYN-ACK ack=101 seq=" + cookie);
            String ts = offered.contains("ts=") ? " ts=1001:$" : "";
            tcp.receives("ACK seq=101 ack=" + (cookie + 1) + ts);
            tcp.acceptByCookie();
            tcp.receives("ACK seq=101 ack=1 len=300" + ts);
            tcp.sends("ACK seq=1 ack=401");
            tcp.reads(300);
        }
    }

    @ParameterizedTest
    @EnumSource
    void an_acknowledgement_that_is_no_cookie_is_reset(Stack stack) throws Exception {
        try (var tcp = stack.idle()) {
            tcp.listenUnderFlood();
            tcp.receives("SYN seq=100 mss=1360");
            tcp.settle();
            long cookie = tcp.outbox.getFirst().number("seq", 0);
            tcp.sends("SYN-ACK ack=101");
            tcp.receives("ACK seq=101 ack=" + (cookie + 78));
            tcp.sends("RST seq=" + (cookie + 78));
        }
    }
}
