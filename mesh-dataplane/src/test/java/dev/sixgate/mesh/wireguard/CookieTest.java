package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.wireguard.LinkedDevices.Datagram;
import dev.sixgate.mesh.wireguard.LinkedDevices.Node;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Handshakes while strangers flood us: whitepaper §5.3 and §5.4.7. */
class CookieTest {
    private static final InetSocketAddress ELSEWHERE = new InetSocketAddress("198.51.100.7", 4242);
    private final LinkedDevices devices = new LinkedDevices();

    @AfterEach
    void close() {
        devices.close();
    }

    @Test
    void under_load_an_initiation_without_a_cookie_gets_one_and_no_work() {
        Datagram initiation = initiate();
        load(devices.node, initiation);
        int work = devices.node.heldWork.size();
        devices.node.receive(initiation);
        assertThat(devices.node.heldWork).hasSize(work);
        assertThat(devices.node.dropped(DropReason.UNDER_LOAD)).isEqualTo(1);
        assertThat(devices.node.wireGuard.cookiesSent()).isOne();
        assertThat(devices.node.wireGuard.cookiesAccepted()).isZero();
        Datagram reply = devices.wire.poll();
        assertThat(reply.bytes()).hasSize(64);
        assertThat(reply.type()).isEqualTo(Protocol.COOKIE_REPLY);
        assertThat(reply.to()).isEqualTo(devices.edge.address);
        assertThat(Arrays.copyOfRange(reply.bytes(), 4, 8)).isEqualTo(Arrays.copyOfRange(initiation.bytes(), 4, 8));
    }

    @Test
    void with_the_cookie_the_next_attempt_is_heard_though_the_load_goes_on() {
        load(devices.node, initiate());
        devices.node.receive(devices.seen.getFirst());
        devices.deliver(); // the cookie reply
        assertThat(devices.wire).as("a cookie reply is not answered at once").isEmpty();
        Datagram second = secondInitiation();
        assertThat(mac2(second)).isNotEqualTo(new byte[16]);
        devices.node.receive(second);
        assertThat(devices.node.wireGuard.cookiesAccepted()).isOne();
        devices.node.runHeldWork();
        devices.deliver();
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
    }

    @Test
    void a_cookie_is_worth_nothing_from_another_address_or_port() {
        load(devices.node, initiate());
        devices.node.receive(devices.seen.getFirst());
        devices.deliver();
        Datagram second = secondInitiation();
        int work = devices.node.heldWork.size();
        devices.node.receive(second.from(ELSEWHERE));
        for (int port : new int[] {51820 ^ 1, 51820 ^ 1 << 15})
            devices.node.receive(second.from(new InetSocketAddress(second.from().getAddress(), port)));
        assertThat(devices.node.heldWork).hasSize(work);
        assertThat(devices.wire).extracting(Datagram::type).containsExactly(3, 3, 3);
        devices.node.receive(second);
        assertThat(devices.node.heldWork).hasSize(work + 1);
    }

    @Test
    void a_cookie_reply_moves_no_endpoint() {
        load(devices.node, initiate());
        devices.node.receive(devices.seen.getFirst());
        devices.edge.receive(devices.wire.poll().from(ELSEWHERE));
        assertThat(devices.edge.peer().endpoint()).isEqualTo(devices.node.address);
        assertThat(devices.edge.events).isEmpty();
        assertThat(mac2(secondInitiation()))
                .as("the cookie counts all the same")
                .isNotEqualTo(new byte[16]);
    }

    @Test
    void a_forged_or_unasked_cookie_reply_is_dropped() {
        load(devices.node, initiate());
        devices.node.receive(devices.seen.getFirst());
        Datagram reply = devices.wire.poll();
        byte[] forged = reply.bytes().clone();
        forged[40] ^= 1;
        devices.edge.receive(new Datagram(forged, reply.from(), reply.to()));
        assertThat(devices.edge.dropped(DropReason.BAD_TAG)).isEqualTo(1);
        byte[] unasked = reply.bytes().clone();
        unasked[4] ^= 1;
        devices.edge.receive(new Datagram(unasked, reply.from(), reply.to()));
        assertThat(devices.edge.dropped(DropReason.UNKNOWN_RECEIVER)).isEqualTo(1);
        devices.edge.receive(reply);
        devices.edge.receive(reply);
        assertThat(devices.edge.dropped(DropReason.BAD_TAG)).as("a second time").isEqualTo(2);
    }

    @Test
    void a_cookie_is_used_for_115_seconds() {
        load(devices.node, initiate());
        devices.node.receive(devices.seen.getFirst());
        devices.deliver();
        long taken = devices.now;
        devices.carries = datagram -> false;
        devices.run(Duration.ofSeconds(89));
        devices.edge.send(devices.packetToNode(40));
        devices.run(Duration.ofSeconds(60));
        devices.edge.send(devices.packetToNode(40));
        assertThat(devices.now - taken).isGreaterThan(Duration.ofSeconds(115).toNanos());
        assertThat(mac2(devices.seen.getLast())).isEqualTo(new byte[16]);
    }

    @Test
    void the_secret_behind_cookies_changes_every_two_minutes() {
        CookieChecker checker = new CookieChecker(new byte[32], devices.random);
        CookieGenerator generator = new CookieGenerator(new byte[32]);
        byte[] message = new byte[Protocol.INITIATION_BYTES];
        generator.addMacs(message, 0);
        assertThat(checker.hasMac1(message)).isTrue();
        assertThat(checker.hasMac2(message, ELSEWHERE, 0)).isFalse();
        assertThat(generator.onReply(checker.reply(message, ELSEWHERE, 0), 0)).isTrue();
        generator.addMacs(message, 0);
        long age = Duration.ofSeconds(120).toNanos();
        assertThat(checker.hasMac2(message, ELSEWHERE, age - 1)).isTrue();
        assertThat(checker.hasMac2(message, ELSEWHERE, age)).isFalse();
    }

    @Test
    void proven_sources_are_limited_under_load_without_an_answer() {
        load(devices.node, initiate());
        devices.node.receive(devices.seen.getFirst());
        devices.deliver();
        Datagram second = secondInitiation();
        int work = devices.node.heldWork.size();
        for (int i = 0; i < 10; i++) devices.node.receive(second);
        assertThat(devices.node.heldWork).hasSize(work + HandshakeRateLimiter.BURST);
        assertThat(devices.wire).isEmpty();
    }

    @Test
    void a_responder_understands_a_cookie_reply_to_its_response() {
        Datagram stranger = initiationToEdge();
        Datagram initiation = initiate();
        load(devices.edge, stranger);
        devices.node.receive(initiation);
        devices.deliver(devices.wire.poll()); // the response, which the loaded edge answers with a cookie
        assertThat(devices.wire.getFirst().type()).isEqualTo(Protocol.COOKIE_REPLY);
        devices.deliver();
        assertThat(devices.node.droppedInAll()).isZero();

        devices.now += Duration.ofSeconds(6).toNanos();
        devices.edge.wireGuard.onTimeout(devices.now);
        devices.edge.holdsWork = false; // its own work goes on; what is held stays held
        devices.edge.flush();
        devices.deliver(devices.wire.poll());
        assertThat(mac2(devices.wire.getFirst())).isNotEqualTo(new byte[16]);
        devices.deliver();
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
    }

    @Test
    void when_the_flood_is_over_no_cookie_is_asked_for() {
        load(devices.node, initiate());
        devices.node.runHeldWork();
        devices.wire.clear();
        devices.run(Duration.ofSeconds(6));
        assertThat(devices.seen(Protocol.COOKIE_REPLY)).isZero();
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
    }

    private Datagram initiate() {
        devices.edge.send(devices.packetToNode(40));
        return devices.wire.poll();
    }

    /** The edge's attempt after REKEY_TIMEOUT. */
    private Datagram secondInitiation() {
        devices.now += Duration.ofSeconds(6).toNanos();
        devices.edge.timeout();
        assertThat(devices.wire.getFirst().type()).isEqualTo(Protocol.INITIATION);
        return devices.wire.poll();
    }

    /** An initiation to the edge by somebody it does not know. */
    private Datagram initiationToEdge() {
        PrivateKey key = PrivateKey.generate(devices.random);
        Node stranger = devices
        .new Node(
                key,
                ELSEWHERE,
                "fdaa:0:9::1",
                LinkedDevices.peer(
                        "edge", devices.edge.key, null, devices.edge.address, Duration.ZERO, "fdaa:0:1::/48"));
        stranger.send(devices.packetToNode(40));
        stranger.wireGuard.close(devices.now);
        return devices.wire.poll();
    }

    /** An eighth of the work queue: the executor got it and gives nothing back. */
    private static void load(Node node, Datagram initiation) {
        node.holdsWork = true;
        for (int i = 0; i < WorkQueue.LOAD; i++) node.receive(initiation);
        assertThat(node.heldWork).hasSize(WorkQueue.LOAD);
    }

    private static byte[] mac2(Datagram datagram) {
        return Arrays.copyOfRange(datagram.bytes(), datagram.bytes().length - 16, datagram.bytes().length);
    }
}
