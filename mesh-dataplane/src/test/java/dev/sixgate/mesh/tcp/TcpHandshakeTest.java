package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TcpHandshakeTest {
    @Test // RFC 9293 §3.5, figure 6
    void an_active_open_sends_SYN_and_acknowledges_the_SYN_ACK() {
        try (var tcp = TcpScript.connecting(TcpOptions.DEFAULT)) {
            tcp.sends("SYN seq=0 ack=0 win=65535 mss=1360 ws=5 sackOK");
            tcp.after(30);
            tcp.receives("SYN-ACK seq=100 ack=1 mss=1360 ws=7 sackOK");
            tcp.sends("ACK seq=1 ack=101 len=0");
            tcp.sendsNothing();
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CONNECTED);
            assertThat(tcp.state()).isEqualTo("ESTABLISHED");
            assertThat(tcp.connection().statistics(tcp.now).connectNanos()).isEqualTo(30_000_000);
        }
    }

    @Test
    void a_SYN_waits_until_the_application_accepts() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100 mss=1360 ws=7 sackOK ts=5:0");
            tcp.receives("SYN seq=100 mss=1360 ws=7 sackOK ts=9:0");
            tcp.sendsNothing();
            tcp.accept();
            tcp.sends("SYN-ACK seq=0 ack=101 mss=1360 ws=5 sackOK echo=5");
            tcp.receives("ACK seq=101 ack=1 ts=6:" + tcp.ourTimestamp());
            tcp.sendsNothing();
            assertThat(tcp.readiness()).isEqualTo(TcpConnection.CONNECTED);
        }
    }

    @Test
    void a_refused_SYN_is_answered_with_RST_and_no_event() {
        try (var tcp = TcpScript.listening()) {
            tcp.receives("SYN seq=100");
            tcp.refuse();
            tcp.sends("RST-ACK ack=101 win=0");
            tcp.sendsNothing();
            assertThat(tcp.readiness()).isZero();
            assertThat(tcp.stack.connectionCount()).isZero();
        }
    }

    @Test
    void data_goes_both_ways_and_both_sides_close() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(3000);
            tcp.sends("ACK seq=1 ack=101 len=1360");
            tcp.sends("ACK seq=1361 ack=101 len=1360");
            tcp.sends("PSH-ACK seq=2721 ack=101 len=280");
            tcp.receives("ACK seq=101 ack=3001 len=10");
            tcp.sends("ACK seq=3001 ack=111 len=0");
            assertThat(tcp.reads()).isEqualTo(10);
            tcp.closes();
            tcp.sends("FIN-ACK seq=3001 ack=111");
            tcp.receives("FIN-ACK seq=111 ack=3002");
            tcp.sends("ACK seq=3002 ack=112");
            tcp.sendsNothing();
            assertThat(tcp.readiness() & TcpConnection.CLOSED).isNotZero();
            assertThat(tcp.connection().failure()).isNull();
        }
    }

    @Test
    void a_lost_segment_is_sent_again_after_the_timeout() {
        try (var tcp = TcpScript.established()) {
            tcp.writes(100);
            tcp.sends("ACK seq=1 len=100");
            tcp.after(199);
            tcp.sendsNothing();
            tcp.after(2);
            tcp.sends("ACK seq=1 len=100");
        }
    }
}
