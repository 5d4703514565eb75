package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.wireguard.LinkedDevices.Datagram;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams of strangers: dropped, counted, not answered, and nothing else is disturbed. */
class JunkTest {
    private final LinkedDevices devices = new LinkedDevices().connected();

    @AfterEach
    void close() {
        devices.close();
    }

    @Test
    void every_length_to_200_of_every_type_is_dropped_and_counted_and_not_answered() {
        SplittableRandom random = new SplittableRandom(11);
        int sent = 0;
        int malformed = 0;
        int unknown = 0;
        int answered = devices.seen.size();
        for (int type = 0; type < 256; type++) {
            for (int length = 0; length <= 200; length += type < 6 || length < 5 ? 1 : 13) {
                byte[] junk = bytes(random, length);
                if (length > 0) junk[0] = (byte) type;
                for (int i = 1; i < Math.min(4, length); i++) junk[i] = 0;
                receive(junk);
                sent++;
                if (length < 4) malformed++;
                else if (type < 1 || type > 4) unknown++;
            }
        }
        assertThat(devices.node.droppedInAll()).isEqualTo(sent);
        assertThat(devices.seen).hasSize(answered);
        assertThat(devices.node.dropped(DropReason.MALFORMED)).isGreaterThan(malformed + 600);
        assertThat(devices.node.dropped(DropReason.UNKNOWN_TYPE)).isEqualTo(unknown);
        theSessionStillWorks();
    }

    @Test
    void reserved_bytes_that_are_not_zero_make_an_unknown_type() {
        devices.edge.send(devices.packetToNode(40));
        Datagram datagram = devices.wire.poll();
        for (int i = 1; i < 4; i++) {
            byte[] changed = datagram.bytes().clone();
            changed[i] = 1;
            receive(changed);
        }
        assertThat(devices.node.dropped(DropReason.UNKNOWN_TYPE)).isEqualTo(3);
    }

    @Test
    void the_largest_datagram_of_every_type_is_dropped() {
        for (int type = 0; type < 6; type++) {
            byte[] junk = new byte[65_507];
            junk[0] = (byte) type;
            receive(junk);
        }
        assertThat(devices.node.droppedInAll()).isEqualTo(6);
        theSessionStillWorks();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void real_messages_bent_in_any_way_change_nothing(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        devices.edge.send(devices.packetToNode(300));
        devices.node.send(devices.packetToEdge(300));
        devices.wire.clear();
        List<Datagram> genuine = List.copyOf(devices.seen);
        int answered = devices.seen.size();
        var endpoint = devices.node.peer().endpoint();
        CookieGenerator macs = new CookieGenerator(devices.node.key.publicKey().toBytes());
        for (int i = 0; i < 400; i++) {
            byte[] bent = genuine.get(random.nextInt(genuine.size())).bytes().clone();
            int flips = 1 + random.nextInt(3);
            for (int f = 0; f < flips; f++) bent[random.nextInt(4, bent.length)] ^= (byte) (1 << random.nextInt(8));
            boolean handshake = bent[0] == Protocol.INITIATION || bent[0] == Protocol.RESPONSE;
            if (handshake && random.nextBoolean()) macs.addMacs(bent, devices.now); // by one who knows our key
            if (random.nextInt(6) == 0) bent = java.util.Arrays.copyOf(bent, random.nextInt(bent.length + 40));
            receive(bent);
        }
        assertThat(devices.node.received).hasSizeLessThanOrEqualTo(1);
        assertThat(devices.seen).hasSize(answered);
        assertThat(devices.node.peer().endpoint()).isEqualTo(endpoint);
        theSessionStillWorks();
    }

    @Test
    void random_packets_inside_an_authentic_session_are_dropped_or_whole() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 1000; i++) {
            byte[] packet = bytes(random, 1 + random.nextInt(120));
            if (random.nextBoolean()) packet[0] = 0x60;
            if (packet.length > 24 && random.nextBoolean())
                System.arraycopy(devices.edge.inner.toBytes(), 0, packet, 8, 16);
            devices.edge.send(packet);
            devices.deliver();
        }
        assertThat(devices.node.received).allSatisfy(packet -> {
            assertThat(packet[0] >>> 4).isEqualTo(6);
            assertThat(packet.length).isEqualTo(40 + ((packet[4] & 255) << 8 | packet[5] & 255));
        });
        assertThat(devices.node.droppedInAll() + devices.node.received.size()).isEqualTo(1000);
        theSessionStillWorks();
    }

    private void theSessionStillWorks() {
        devices.node.received.clear();
        byte[] packet = devices.packetToNode(77);
        assertThat(devices.edge.send(packet)).isTrue();
        devices.deliver();
        assertThat(devices.node.received).containsExactly(packet);
    }

    private void receive(byte[] bytes) {
        devices.node.receive(new Datagram(bytes, devices.edge.address, devices.node.address));
    }

    private static byte[] bytes(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
