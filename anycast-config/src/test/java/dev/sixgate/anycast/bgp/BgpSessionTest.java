package dev.sixgate.anycast.bgp;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.anycast.AnycastPlan;
import dev.sixgate.anycast.AnycastPlan.Community;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import dev.sixgate.anycast.Prefix;
import dev.sixgate.anycast.SiteState;
import dev.sixgate.anycast.bgp.BgpMessage.Notification;
import dev.sixgate.anycast.bgp.BgpSession.State;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BgpSessionTest {
    private static final String MARKER = "ff".repeat(16);
    private static final String KEEPALIVE = MARKER + "001304";
    /** Of AS 64500, hold time 90 s, both families, route refresh, four octets. */
    private static final String OPEN = MARKER + "003301" + "04fbf4005ac6336401" + "16" + "0214" + "010400010001"
            + "010400020001" + "0200" + "41040000fbf4";

    private static final Prefix FOUR = new Prefix(InetAddress.ofLiteral("203.0.113.0"), 24);
    private static final Prefix SIX = new Prefix(InetAddress.ofLiteral("2001:db8:10::"), 48);

    private static final Neighbor NEIGHBOR = new Neighbor(
            InetAddress.ofLiteral("192.0.2.1"),
            null,
            64500,
            null,
            null,
            10L,
            List.of(new Community(64500, 100)),
            0,
            0,
            Set.of(Family.IPV4, Family.IPV6),
            179,
            0);
    private static final AnycastPlan PLAN = new AnycastPlan(
            "fra1", 64512, InetAddress.ofLiteral("192.0.2.2"), List.of(FOUR, SIX), List.of(NEIGHBOR), 2);

    private long now;
    private BgpSession session = session(64512);

    private static SessionSettings settings(long localAs) {
        return new SessionSettings(
                localAs,
                (Inet4Address) InetAddress.ofLiteral("192.0.2.2"),
                64500,
                30,
                (Inet4Address) InetAddress.ofLiteral("192.0.2.2"),
                (Inet6Address) InetAddress.ofLiteral("2001:db8:ffff::2"));
    }

    private static BgpSession session(long localAs) {
        return new BgpSession(settings(localAs), new Random(1), 0);
    }

    private void give(String hex) {
        session.onBytes(ByteBuffer.wrap(HexFormat.of().parseHex(hex)), now);
    }

    private static String hex(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return HexFormat.of().formatHex(copy);
    }

    /** Messages without their markers. */
    private List<String> said() {
        List<String> messages = new ArrayList<>();
        for (ByteBuffer next = session.pollBytes(); next != null; next = session.pollBytes()) {
            String hex = hex(next);
            assertThat(hex).startsWith(MARKER + "%04x".formatted(hex.length() / 2));
            messages.add(hex.substring(36));
        }
        return messages;
    }

    private List<BgpEvent> events() {
        List<BgpEvent> all = new ArrayList<>();
        for (BgpEvent next = session.pollEvent(); next != null; next = session.pollEvent()) all.add(next);
        return all;
    }

    private void at(long nanos) {
        now = nanos;
        session.onTimeout(now);
    }

    private void connect() {
        at(session.nextTimeout());
        assertThat(events()).containsExactly(new BgpEvent.Connect());
        session.onConnected(now);
    }

    private void establish(String open) {
        connect();
        give(open);
        give(KEEPALIVE);
        assertThat(session.state()).isEqualTo(State.ESTABLISHED);
    }

    private void tell(SiteState state) {
        session.announce(Announcement.of(PLAN, NEIGHBOR, state));
    }

    @Test
    void a_session_opens_tells_both_families_and_the_end_of_each() {
        tell(SiteState.ABLE);
        connect();
        assertThat(said())
                .containsExactly("01" + "04fc00001ec0000202" + "16" + "0214" + "010400010001" + "010400020001" + "0200"
                        + "41040000fc00");
        give(OPEN);
        assertThat(said()).containsExactly("04");
        give(KEEPALIVE);
        assertThat(events()).containsExactly(new BgpEvent.Established(Set.of(Family.IPV4, Family.IPV6)));
        String attributes = "4001010040020602010000fc00";
        assertThat(said())
                .containsExactly(
                        "02" + "0000" + "0022" + attributes + "400304c0000202" + "8004040000000a" + "c00804fbf40064"
                                + "18cb0071",
                        "02" + "0000" + "0000",
                        "02" + "0000" + "003a" + "800e1c" + "00020110" + "20010db8ffff00000000000000000002" + "00"
                                + "3020010db80010" + attributes + "8004040000000a" + "c00804fbf40064",
                        "02" + "0000" + "0006" + "800f03000201");
    }

    @Test
    void a_drain_adds_the_community_and_prepends_and_a_withdrawal_takes_back_what_was_told() {
        tell(SiteState.ABLE);
        establish(OPEN);
        said();
        tell(SiteState.DRAINING);
        assertThat(said())
                .hasSize(2)
                .allSatisfy(update -> assertThat(update)
                        .contains("4002120204" + "0000fc00".repeat(4))
                        .contains("c00808fbf40064ffff0000"));
        tell(SiteState.WITHDRAWN);
        assertThat(said())
                .containsExactly(
                        "02" + "0004" + "18cb0071" + "0000",
                        "02" + "0000" + "000d" + "800f0a000201" + "3020010db80010");
        tell(SiteState.WITHDRAWN);
        assertThat(said()).isEmpty();
    }

    @Test
    void what_changes_while_the_router_does_not_read_is_told_once() {
        establish(OPEN);
        said();
        for (int i = 0; i < 100; i++) tell(i % 2 == 0 ? SiteState.LIMITED : SiteState.ABLE);
        for (int i = 0; i < 100; i++) give(MARKER + "00170500010001");
        assertThat(said()).hasSize(2).noneSatisfy(update -> assertThat(update).contains("0000fc000000fc00"));
    }

    @Test
    void a_route_refresh_repeats_the_family_it_names() {
        tell(SiteState.ABLE);
        establish(OPEN);
        said();
        give(MARKER + "00170500020001");
        assertThat(said()).singleElement().asString().contains("3020010db80010");
        give(MARKER + "00170500190046");
        assertThat(said()).isEmpty();
    }

    @Test
    void a_router_of_two_octets_is_told_the_long_as_beside_the_path() {
        session = session(4_200_000_000L);
        tell(SiteState.ABLE);
        establish(MARKER + "001d01" + "04fbf4005ac6336401" + "00");
        assertThat(events()).containsExactly(new BgpEvent.Established(Set.of(Family.IPV4)));
        assertThat(said())
                .anySatisfy(update ->
                        assertThat(update).contains("400204" + "02015ba0").contains("c01106" + "0201fa56ea00"))
                .noneSatisfy(update -> assertThat(update).contains("800e"));
    }

    @Test
    void a_router_of_our_own_as_gets_an_empty_path_and_a_local_preference() {
        session = new BgpSession(
                new SessionSettings(
                        64500,
                        (Inet4Address) InetAddress.ofLiteral("192.0.2.2"),
                        64500,
                        30,
                        (Inet4Address) InetAddress.ofLiteral("192.0.2.2"),
                        null),
                new Random(1),
                0);
        tell(SiteState.DRAINING);
        establish(OPEN);
        assertThat(said())
                .anySatisfy(update -> assertThat(update).contains("400200").contains("40050400000000"));
    }

    @Test
    void keepalives_go_out_in_a_third_of_the_shorter_hold_time_and_silence_ends_the_session() {
        establish(OPEN);
        said();
        events();
        long began = now;
        int keepalives = 0;
        while (session.state() == State.ESTABLISHED) {
            long before = now;
            at(session.nextTimeout());
            assertThat(now - before).isLessThanOrEqualTo(SECONDS.toNanos(10));
            List<String> said = said();
            if (said.equals(List.of("04"))) keepalives++;
            else assertThat(said).containsExactly("030400");
        }
        assertThat(now - began).isEqualTo(SECONDS.toNanos(30));
        assertThat(keepalives).isBetween(3, 4);
        assertThat(events()).containsExactly(new BgpEvent.Close("nothing came from the router within the hold time"));
        assertThat(session.nextTimeout()).isGreaterThan(now);
    }

    @Test
    void tries_are_further_and_further_apart_and_near_again_after_a_session() {
        long last = 0;
        for (int i = 0; i < 12; i++) {
            at(session.nextTimeout());
            assertThat(events()).containsExactly(new BgpEvent.Connect());
            session.onClosed(now);
            last = session.nextTimeout() - now;
        }
        assertThat(last).isBetween(BgpSession.RETRY_NANOS_MAX * 3 / 4, BgpSession.RETRY_NANOS_MAX);
        establish(OPEN);
        session.onClosed(now);
        assertThat(session.nextTimeout() - now).isLessThanOrEqualTo(BgpSession.RETRY_NANOS_MIN);
    }

    @Test
    void a_connection_that_nobody_takes_is_given_up() {
        at(session.nextTimeout());
        events();
        at(now + BgpSession.CONNECT_TIMEOUT_NANOS);
        assertThat(events()).containsExactly(new BgpEvent.Close("the router does not take the connection"));
        session.onConnected(now);
        assertThat(session.state()).isEqualTo(State.IDLE);
    }

    @Test
    void a_router_that_reads_nothing_is_given_up_and_its_bytes_do_not_pile_up() {
        establish(OPEN);
        long began = now;
        while (session.state() == State.ESTABLISHED) {
            give(KEEPALIVE);
            at(session.nextTimeout());
        }
        assertThat(now - began).isEqualTo(BgpSession.SEND_HOLD_NANOS_MIN);
        assertThat(said()).containsExactly("030800");
    }

    @Test
    void last_words_that_the_socket_did_not_take_are_not_the_first_of_the_next_session() {
        connect();
        give("00");
        assertThat(session.state()).isEqualTo(State.IDLE);
        events();
        connect();
        assertThat(said()).singleElement().asString().startsWith("0104");
    }

    @Test
    void a_shutdown_says_why_and_is_for_good() {
        establish(OPEN);
        said();
        events();
        session.shutdown("moving racks", now);
        assertThat(said()).containsExactly("0306020c" + HexFormat.of().formatHex("moving racks".getBytes()));
        assertThat(events()).containsExactly(new BgpEvent.Close("moving racks"));
        assertThat(session.nextTimeout()).isEqualTo(BgpSession.NEVER);
    }

    @Test
    void a_shutdown_communication_is_cut_between_characters_and_read_without_control_characters() {
        assertThat(Notification.shutdown("ü".repeat(200)).shutdownText()).isEqualTo("ü".repeat(127));
        assertThat(new Notification(6, 2, new byte[] {3, 'a', 27, 'b'}).sentence())
                .isEqualTo("cease: administrative shutdown, \"a b\"");
        assertThat(new Notification(6, 2, new byte[] {3, 'a'}).shutdownText()).isNull();
        assertThat(new Notification(6, 4, new byte[] {1, (byte) 0xff}).shutdownText())
                .isNull();
    }

    @Test
    void a_notification_ends_the_session_without_an_answer() {
        establish(OPEN);
        said();
        events();
        give(MARKER + "0015030603");
        assertThat(said()).isEmpty();
        assertThat(events())
                .containsExactly(new BgpEvent.Close("the router ended the session: cease: peer de-configured"));
    }

    /** Message after the marker, and the body of the NOTIFICATION it is answered by before and in an established session. */
    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
        001204,                                   01020012,             01020012
        100102,                                   01021001,             01021001
        001300,                                   010300,               010300
        001306,                                   010306,               010306
        001404,                                   01020014,             01020014
        001c01,                                   0102001c,             0102001c
        001804,                                   01020018,             01020018
        001d0103fbf4005ac633640100,               02010004,             02010004
        001d0104fbf5005ac633640100,               0202,                 0503
        001d0104fbf4005a0000000000,               0203,                 0203
        001d0104fbf40002c633640100,               0206,                 0206
        001d0104fbf4005ac633640101,               0200,                 0200
        001e0104fbf4005ac63364010102,             0200,                 0200
        001f0104fbf4005ac6336401020100,           0204,                 0204
        00210104fbf4005ac63364010402024100,       0200,                 0200
        00250104fbf4005ac633640108020641040000fbf5, 0202,               0503
        00250104fbf4005ac6336401080206010400190041, 0207010400010001010400020001, 0503
        001d0104fbf4005ac633640100,               -,                    0503
        00170200000000,                           0501,                 -
        00170200010000,                           0301,                 0301
        00170200000001,                           0301,                 0301
        0018020000000021,                         030a,                 030a
        00180200000000ff,                         030a,                 030a
        001704,                                   01020017,             01020017
        00170500010001,                           0501,                 -
        """)
    void what_is_malformed_is_answered_by_its_notification(
            String message, @Nullable String early, @Nullable String established) {
        connect();
        said();
        give(MARKER + message);
        if (early != null) assertThat(said()).containsExactly("03" + early);
        session = session(64512);
        establish(OPEN);
        said();
        give(MARKER + message);
        if (established == null) assertThat(session.state()).isEqualTo(State.ESTABLISHED);
        else assertThat(said()).containsExactly("03" + established);
    }

    @Test
    void a_marker_that_is_none_is_noticed_at_its_first_byte() {
        connect();
        said();
        give("fffe");
        assertThat(said()).containsExactly("030101");
    }

    @Test
    void an_open_with_lengths_of_two_octets_is_read() {
        establish(MARKER + "002801" + "04fbf4005ac6336401" + "ffff0008" + "020005" + "460341424310".substring(0, 10));
        assertThat(session.state()).isEqualTo(State.ESTABLISHED);
    }

    @Test
    void bytes_that_come_one_by_one_are_the_same_messages() {
        connect();
        byte[] all = HexFormat.of().parseHex(OPEN + KEEPALIVE + KEEPALIVE);
        for (byte each : all) session.onBytes(ByteBuffer.wrap(new byte[] {each}), now);
        assertThat(session.state()).isEqualTo(State.ESTABLISHED);
    }

    @Test
    void truncations_and_random_changes_never_throw_and_end_in_one_notification_at_most() {
        Random random = new Random(7);
        String update = MARKER + "002b02" + "0004" + "18cb0071" + "000a" + "40010100400304c00002" + "18c63364";
        byte[] good = HexFormat.of().parseHex(OPEN + KEEPALIVE + update + MARKER + "00170500010001");
        for (int round = 0; round < 20_000; round++) {
            session = session(64512);
            tell(SiteState.ABLE);
            connect();
            said();
            byte[] bytes = round < good.length ? java.util.Arrays.copyOf(good, round) : good.clone();
            if (round >= good.length)
                for (int i = random.nextInt(4); i >= 0; i--)
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            ByteBuffer given = ByteBuffer.wrap(bytes);
            session.onBytes(given, now);
            assertThat(given.hasRemaining()).isFalse();
            long notifications = said().stream().filter(m -> m.startsWith("03")).count();
            assertThat(notifications).isLessThanOrEqualTo(1);
            if (notifications == 1) assertThat(session.state()).isEqualTo(State.IDLE);
            if (session.state() == State.IDLE) assertThat(events()).last().isInstanceOf(BgpEvent.Close.class);
        }
    }
}
