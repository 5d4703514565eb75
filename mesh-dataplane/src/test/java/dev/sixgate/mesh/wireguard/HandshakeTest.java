package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.LinkedDevices.Datagram;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How two devices come to a session: whitepaper §5.4.2 to §5.4.5, §6.4 and §6.5. */
class HandshakeTest {
    private static final byte[] PSK = LinkedDevices.PRESHARED_KEY;
    private LinkedDevices devices = new LinkedDevices();

    @AfterEach
    void close() {
        devices.close();
    }

    @Test
    void the_initiator_confirms_at_once_and_only_then_the_responder_may_send() {
        devices.edge.send(devices.packetToNode(40));
        Datagram initiation = devices.wire.poll();
        assertThat(initiation.bytes()).hasSize(148);
        devices.deliver(initiation);
        Datagram response = devices.wire.poll();
        assertThat(response.bytes()).hasSize(92);
        assertThat(devices.node.peer().keypairs.current()).isNull();
        assertThat(devices.node.peer().lastHandshakeNanos()).isEqualTo(Long.MIN_VALUE);
        assertThat(devices.node.events).noneMatch(PeerEvent.SessionEstablished.class::isInstance);

        devices.deliver(response);
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
        assertThat(devices.edge.events).hasOnlyElementsOfType(PeerEvent.SessionEstablished.class);
        Datagram confirmation = devices.wire.poll();
        assertThat(confirmation.isKeepalive()).isTrue();

        devices.deliver(confirmation);
        assertThat(devices.node.peer().readyToSend(devices.now)).isTrue();
        assertThat(devices.node.peer().lastHandshakeNanos()).isEqualTo(devices.now);
        assertThat(devices.node.events).hasAtLeastOneElementOfType(PeerEvent.SessionEstablished.class);
        assertThat(devices.wire).isEmpty();
    }

    @Test
    void both_sides_take_either_role() {
        devices.connected();
        devices.run(Duration.ofSeconds(200)); // the session is over
        assertThat(devices.node.send(devices.packetToEdge(40))).isFalse();
        assertThat(devices.wire.getFirst().type()).isEqualTo(Protocol.INITIATION);
        assertThat(devices.wire.getFirst().from()).isEqualTo(devices.node.address);
        devices.deliver();
        assertThat(devices.node.send(devices.packetToEdge(40))).isTrue();
        devices.deliver();
        assertThat(devices.edge.received).hasSize(1);
    }

    @Test
    void a_preshared_key_that_both_have_gives_a_session() {
        devices = new LinkedDevices(PSK, PSK);
        devices.connected();
    }

    private enum Psks {
        ONLY_EDGE(PSK, null),
        ONLY_NODE(null, PSK),
        DIFFERENT(PSK, new byte[] {
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
            30, 31, 32
        });
        final byte @Nullable [] edge;
        final byte @Nullable [] node;

        Psks(byte @Nullable [] edge, byte @Nullable [] node) {
            this.edge = edge;
            this.node = node;
        }
    }

    @ParameterizedTest
    @EnumSource(Psks.class)
    void preshared_keys_that_differ_give_none(Psks psks) {
        devices = new LinkedDevices(psks.edge, psks.node);
        devices.edge.send(devices.packetToNode(40));
        devices.run(Duration.ofSeconds(20));
        assertThat(devices.edge.peer().readyToSend(devices.now)).isFalse();
        assertThat(devices.node.peer().keypairs.current()).isNull();
        assertThat(devices.edge.dropped(DropReason.BAD_HANDSHAKE)).isGreaterThanOrEqualTo(3);
    }

    @Test
    void when_both_begin_at_once_both_can_send_without_waiting_for_a_timer() {
        devices.connected();
        devices.run(Duration.ofSeconds(200));
        devices.edge.send(devices.packetToNode(40));
        devices.node.send(devices.packetToEdge(40));
        assertThat(devices.wire).extracting(Datagram::type).containsExactly(1, 1);
        devices.deliver();
        byte[] there = devices.packetToNode(70);
        byte[] back = devices.packetToEdge(70);
        assertThat(devices.edge.send(there)).isTrue();
        assertThat(devices.node.send(back)).isTrue();
        devices.deliver();
        assertThat(devices.node.received).containsExactly(there);
        assertThat(devices.edge.received).containsExactly(back);
        assertThat(devices.edge.droppedInAll() + devices.node.droppedInAll()).isZero();
    }

    @Test
    void a_lost_initiation_response_or_confirmation_is_made_good_by_the_next_attempt() {
        for (int lost = 0; lost < 3; lost++) {
            devices.close();
            devices = new LinkedDevices();
            int lose = lost;
            devices.carries = datagram -> devices.seen.size() != lose + 1;
            devices.edge.send(devices.packetToNode(40));
            devices.deliver();
            assertThat(devices.node.peer().keypairs.current())
                    .as("after losing message %d", lost)
                    .isNull();
            devices.run(Duration.ofSeconds(6));
            if (devices.edge.peer().readyToSend(devices.now)) devices.edge.send(devices.packetToNode(40));
            devices.deliver();
            assertThat(devices.node.peer().readyToSend(devices.now)).isTrue();
        }
    }

    @Test
    void a_response_seconds_late_is_still_taken() {
        devices.edge.send(devices.packetToNode(40));
        devices.deliver(devices.wire.poll());
        Datagram response = devices.wire.poll();
        devices.run(Duration.ofMillis(4900));
        devices.edge.receive(response);
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
    }

    @Test
    void a_response_to_an_initiation_that_was_repeated_is_not_taken() {
        devices.carries = datagram -> datagram.type() != Protocol.INITIATION || devices.seen.size() == 1;
        devices.edge.send(devices.packetToNode(40));
        devices.deliver(devices.wire.poll());
        Datagram response = devices.wire.poll();
        devices.run(Duration.ofSeconds(6));
        devices.edge.receive(response);
        assertThat(devices.edge.dropped(DropReason.UNKNOWN_RECEIVER)).isEqualTo(1);
        assertThat(devices.edge.peer().keypairs.current()).isNull();
    }

    @Test
    void a_response_counts_once() {
        devices.edge.send(devices.packetToNode(40));
        devices.deliver(devices.wire.poll());
        Datagram response = devices.wire.poll();
        devices.edge.receive(response);
        Keypair session = devices.edge.peer().keypairs.current();
        devices.edge.receive(response);
        assertThat(devices.edge.peer().keypairs.current()).isSameAs(session);
        assertThat(devices.edge.dropped(DropReason.UNKNOWN_RECEIVER)).isEqualTo(1);
    }

    @Test
    void a_forged_response_does_not_use_up_the_handshake() {
        devices.edge.send(devices.packetToNode(40));
        devices.deliver(devices.wire.poll());
        Datagram response = devices.wire.poll();
        byte[] forged = response.bytes().clone();
        forged[20] ^= 1;
        new CookieGenerator(devices.edge.key.publicKey().toBytes()).addMacs(forged, devices.now);
        devices.edge.receive(new Datagram(forged, response.from(), response.to()));
        assertThat(devices.edge.dropped(DropReason.BAD_HANDSHAKE)).isEqualTo(1);
        devices.edge.receive(response);
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
    }

    @Test
    void a_replayed_initiation_is_refused_and_neither_answered_nor_followed() {
        devices.connected();
        Datagram initiation = devices.seen.getFirst();
        devices.now += Duration.ofSeconds(1).toNanos();
        int sent = devices.seen.size();
        devices.node.receive(initiation.from(new InetSocketAddress("203.0.113.66", 666)));
        assertThat(devices.node.dropped(DropReason.REPLAYED_INITIATION)).isEqualTo(1);
        assertThat(devices.seen).hasSize(sent);
        assertThat(devices.node.peer().endpoint()).isEqualTo(devices.edge.address);
        assertThat(devices.node.peer().readyToSend(devices.now)).isTrue();
    }

    @Test
    void initiations_that_overtake_each_other_do_not_go_back_in_time() {
        devices.edge.send(devices.packetToNode(40));
        Datagram first = devices.wire.poll();
        devices.run(Duration.ofSeconds(6));
        devices.wire.clear();
        devices.node.receive(first);
        assertThat(devices.node.dropped(DropReason.REPLAYED_INITIATION)).isEqualTo(1);
    }

    @Test
    void our_wall_clock_may_go_back_while_we_run() {
        devices.connected();
        devices.edge.clockSkew = Duration.ofHours(-1);
        devices.run(Duration.ofSeconds(200));
        devices.connected();
        assertThat(devices.node.droppedInAll()).isZero();
    }

    @Test
    void a_restarted_peer_with_the_same_keys_is_heard_at_once() {
        devices.connected();
        devices.run(Duration.ofSeconds(1));
        devices.restartEdge();
        assertThat(devices.edge.send(devices.packetToNode(40))).isFalse();
        devices.deliver();
        byte[] packet = devices.packetToNode(90);
        assertThat(devices.edge.send(packet)).isTrue();
        devices.deliver();
        assertThat(devices.node.received).containsExactly(packet);
    }

    @Test
    void initiations_of_one_peer_closer_than_20_ms_are_a_flood() {
        devices.connected();
        devices.restartEdge();
        devices.now += Duration.ofMillis(19).toNanos();
        devices.edge.send(devices.packetToNode(40));
        devices.deliver();
        assertThat(devices.node.dropped(DropReason.UNDER_LOAD)).isEqualTo(1);
        devices.run(Duration.ofSeconds(6));
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
    }

    @Test
    void an_initiation_of_a_key_that_is_not_configured_is_not_answered() {
        devices.node.wireGuard.configure(List.of(), devices.now);
        devices.edge.send(devices.packetToNode(40));
        devices.deliver();
        assertThat(devices.node.dropped(DropReason.UNKNOWN_PEER)).isEqualTo(1);
        assertThat(devices.seen).hasSize(1);
    }

    @Test
    void a_message_without_our_key_in_mac1_costs_no_work() {
        devices.edge.send(devices.packetToNode(40));
        Datagram initiation = devices.wire.poll();
        initiation.bytes()[initiation.bytes().length - 32] ^= 1;
        devices.node.holdsWork = true;
        devices.node.receive(initiation);
        assertThat(devices.node.dropped(DropReason.BAD_MAC1)).isEqualTo(1);
        assertThat(devices.node.heldWork).isEmpty();
    }

    @Test
    void a_key_of_low_order_gives_no_session_and_no_exception() {
        PublicKey zero = PublicKey.of(new byte[32]);
        PeerConfig hostile = new PeerConfig(
                "zero", zero, null, devices.node.address, List.of(Ipv6Prefix.parse("fdaa:0:9::/48")), Duration.ZERO);
        devices.edge.wireGuard.configure(List.of(hostile), devices.now);
        devices.edge.send(devices.packetToNode(40));
        devices.run(Duration.ofSeconds(30));
        assertThat(devices.seen).isEmpty();

        byte[] initiation = new byte[Protocol.INITIATION_BYTES]; // an ephemeral of zeros
        initiation[0] = Protocol.INITIATION;
        new CookieGenerator(devices.node.key.publicKey().toBytes()).addMacs(initiation, devices.now);
        devices.node.receive(new Datagram(initiation, devices.edge.address, devices.node.address));
        assertThat(devices.node.dropped(DropReason.BAD_HANDSHAKE)).isEqualTo(1);
    }

    @Test
    void work_that_comes_back_for_a_peer_that_is_gone_changes_nothing() {
        devices.edge.holdsWork = true;
        devices.edge.send(devices.packetToNode(40));
        devices.edge.wireGuard.configure(List.of(), devices.now);
        devices.edge.runHeldWork();
        assertThat(devices.seen).isEmpty();
        assertThat(devices.edge.wireGuard.nextTimeout()).isEqualTo(WireGuard.NEVER);
    }

    @Test
    void responder_work_that_comes_back_for_a_peer_that_is_gone_changes_nothing() {
        devices.edge.send(devices.packetToNode(40));
        devices.node.holdsWork = true;
        devices.deliver(devices.wire.poll());
        devices.node.wireGuard.configure(List.of(), devices.now);
        devices.node.runHeldWork();
        assertThat(devices.wire).isEmpty();
        assertThat(devices.node.dropped(DropReason.UNKNOWN_PEER)).isEqualTo(1);
    }

    @Test
    void a_device_without_a_peers_address_waits_for_the_peer() {
        assertThat(devices.node.send(devices.packetToEdge(40))).isFalse();
        devices.run(Duration.ofMinutes(5));
        assertThat(devices.seen).isEmpty();
        devices.connected();
        assertThat(devices.node.peer().endpoint()).isEqualTo(devices.edge.address);
    }

    @Test
    void work_kept_long_makes_no_second_initiation_meanwhile() {
        devices.edge.holdsWork = true;
        for (int i = 0; i < 20; i++) {
            devices.edge.send(devices.packetToNode(40));
            devices.run(Duration.ofSeconds(1));
        }
        assertThat(devices.edge.heldWork).hasSize(1);
        devices.edge.runHeldWork();
        devices.deliver();
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
    }

    @Test
    void a_response_that_was_read_too_late_is_not_taken() {
        devices.edge.send(devices.packetToNode(40));
        devices.deliver(devices.wire.poll());
        devices.edge.holdsWork = true;
        devices.edge.receive(devices.wire.poll());
        devices.run(Duration.ofSeconds(6));
        assertThat(devices.edge.heldWork).hasExactlyElementsOfTypes(ResponseReading.class, InitiationCreation.class);
        Collections.reverse(devices.edge.heldWork); // the executor has more than one thread
        devices.edge.runHeldWork();
        assertThat(devices.edge.dropped(DropReason.UNKNOWN_RECEIVER)).isEqualTo(1);
        assertThat(devices.edge.peer().keypairs.current()).isNull();
        devices.deliver();
        assertThat(devices.edge.peer().readyToSend(devices.now)).isTrue();
    }

    @Test
    void session_indices_are_drawn_anew_and_do_not_count_up() {
        List<Integer> indices = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            devices.connected();
            devices.run(Duration.ofSeconds(200));
        }
        devices.seen.stream()
                .filter(datagram -> datagram.type() == Protocol.INITIATION)
                .forEach(datagram ->
                        indices.add(ByteBuffer.wrap(datagram.bytes()).getInt(4)));
        assertThat(indices).hasSize(4).doesNotHaveDuplicates();
        assertThat(indices).allSatisfy(index -> assertThat(index >>> 8).isNotZero());
        assertThat(indices).allSatisfy(index -> assertThat(index << 8).isNotZero());
    }

    @Test
    void each_handshake_message_is_logged_with_the_four_secrets_that_wireshark_reads() {
        devices = new LinkedDevices(PSK, PSK);
        List<String> edge = new ArrayList<>();
        List<String> node = new ArrayList<>();
        devices.edge.wireGuard.setKeyLog(edge::add);
        devices.node.wireGuard.setKeyLog(node::add);
        devices.connected();
        assertThat(edge).hasSize(4);
        assertThat(edge.get(0)).isEqualTo("LOCAL_STATIC_PRIVATE_KEY = " + devices.edge.key.toBase64());
        assertThat(edge.get(1)).isEqualTo("REMOTE_STATIC_PUBLIC_KEY = " + devices.node.key.publicKey());
        assertThat(edge.get(3))
                .isEqualTo("PRESHARED_KEY = " + Base64.getEncoder().encodeToString(PSK));
        assertThat(node).hasSize(4);
        String prefix = "LOCAL_EPHEMERAL_PRIVATE_KEY = ";
        assertThat(edge.get(2)).startsWith(prefix);
        PrivateKey ephemeral = PrivateKey.parse(edge.get(2).substring(prefix.length()));
        byte[] onTheWire = java.util.Arrays.copyOfRange(devices.seen.getFirst().bytes(), 8, 40);
        assertThat(ephemeral.publicKey().toBytes()).isEqualTo(onTheWire);
    }

    @Test
    void a_handshake_that_construction_began_is_logged_too() {
        devices = new LinkedDevices(1, null, null, Duration.ofSeconds(25));
        List<String> lines = new ArrayList<>();
        devices.edge.wireGuard.setKeyLog(lines::add);
        devices.edge.flush();
        assertThat(devices.wire).hasSize(1);
        assertThat(lines).hasSize(4);
    }

    @Test
    void the_same_seed_gives_the_same_bytes() {
        LinkedDevices again = new LinkedDevices();
        for (LinkedDevices each : List.of(devices, again)) {
            each.connected();
            each.edge.send(each.packetToNode(500));
            each.run(Duration.ofSeconds(300));
        }
        assertThat(again.seen).hasSameSizeAs(devices.seen);
        for (int i = 0; i < again.seen.size(); i++)
            assertThat(again.seen.get(i).bytes()).isEqualTo(devices.seen.get(i).bytes());
        again.close();
    }
}
