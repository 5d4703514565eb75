package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.fuzz.Fuzz;
import dev.sixgate.mesh.wireguard.LinkedDevices.Datagram;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Whatever datagrams come cost at most themselves: a session stays, or comes with the next genuine handshake. */
class WireGuardFuzzTest {
    private static final byte[] NO_BYTES = {};

    @Test
    void datagrams_of_every_type_to_a_device_with_a_session() {
        LinkedDevices devices = new LinkedDevices().connected();
        Fuzz.run("wireguard-datagrams", input -> {
            devices.node.receive(new Datagram(input, devices.edge.address, devices.node.address));
            assertThat(devices.wire).isEmpty();
            devices.node.received.clear();
            devices.seen.clear();
            byte[] packet = devices.packetToNode(77);
            assertThat(devices.edge.send(packet)).isTrue();
            devices.deliver();
            assertThat(devices.node.received).containsExactly(packet);
        });
        devices.close();
    }

    /** An input is pairs of offset and mask for a genuine initiation, whose MACs are made right again (whitepaper §5.4.2). */
    @Test
    void initiations_with_right_macs() {
        Fuzz.run("wireguard-bent", input -> {
            LinkedDevices devices = new LinkedDevices();
            devices.edge.send(NO_BYTES);
            Datagram genuine = devices.wire.peek();
            Datagram bent = bent(genuine, input, devices.node, devices.now);
            devices.node.receive(bent);
            recovers(devices);
        });
    }

    /** The same for a response (whitepaper §5.4.3). */
    @Test
    void responses_with_right_macs() {
        Fuzz.run("wireguard-bent", input -> {
            LinkedDevices devices = new LinkedDevices();
            devices.edge.send(NO_BYTES);
            devices.deliver(devices.wire.poll());
            Datagram bent = bent(devices.wire.peek(), input, devices.edge, devices.now);
            devices.edge.receive(bent);
            recovers(devices);
        });
    }

    /** An input is what follows the receiver index of a cookie reply to a pending initiation (whitepaper §5.4.7). */
    @Test
    void cookie_replies_to_an_initiation() {
        Fuzz.run("wireguard-cookies", input -> {
            LinkedDevices devices = new LinkedDevices();
            devices.edge.send(NO_BYTES);
            byte[] reply = new byte[64];
            reply[0] = Protocol.COOKIE_REPLY;
            System.arraycopy(devices.wire.peek().bytes(), 4, reply, 4, 4);
            System.arraycopy(input, 0, reply, 8, Math.min(56, input.length));
            devices.edge.receive(new Datagram(reply, devices.node.address, devices.edge.address));
            assertThat(devices.edge.droppedInAll()).isEqualTo(1);
            recovers(devices);
        });
    }

    private static Datagram bent(Datagram genuine, byte[] input, LinkedDevices.Node receiver, long now) {
        byte[] bytes = genuine.bytes().clone();
        for (int i = 0; i + 1 < input.length; i += 2) bytes[(input[i] & 255) % bytes.length] ^= input[i + 1];
        if (bytes[0] == Protocol.INITIATION || bytes[0] == Protocol.RESPONSE)
            new CookieGenerator(receiver.key.publicKey().toBytes()).addMacs(bytes, now);
        return new Datagram(bytes, genuine.from(), genuine.to());
    }

    /** Within a minute at most: the sender index is not authenticated, so one bent there costs a handshake's patience. */
    private static void recovers(LinkedDevices devices) {
        byte[] packet = devices.packetToNode(60);
        boolean arrived = false;
        for (int second = 0; second < 60 && !arrived; second++) {
            devices.edge.send(packet);
            devices.run(Duration.ofSeconds(1));
            arrived = devices.node.received.stream().anyMatch(got -> Arrays.equals(got, packet));
        }
        assertThat(arrived).as("a packet arrived within 60 s").isTrue();
        devices.close();
    }
}
