package dev.sixgate.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.fuzz.Fuzz;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever an authentic peer sends inside the tunnel: after each input the mesh still answers an echo request. */
class MeshFuzzTest {
    private static final byte[] ECHO_REQUEST = {(byte) 128, 0, 0, 0, 0, 1, 0, 1};
    private static final int ECHO_REPLY = 129;
    private static final int INPUTS_PER_TUNNEL = 256; // well before its keys age

    private MeshAndRawPeer tunnel = new MeshAndRawPeer();
    private int inputs;

    @AfterEach
    void close() {
        tunnel.close();
    }

    @Test
    void whole_packets() {
        Fuzz.run("inner-packets", input -> {
            if (input.length > 0)
                tunnel.sends(tunnel.allocator.directBuffer(input.length).writeBytes(input));
            stillAnswers();
        });
    }

    /** An input is the type of the first extension header and what follows the fixed header (RFC 8200 §4). */
    @Test
    void chains_of_extension_headers() {
        Fuzz.run("extension-headers", input -> {
            int first = input.length == 0 ? Ipv6Header.NO_NEXT_HEADER : input[0] & 255;
            boolean isUpper = first == Ipv6Header.TCP || first == Ipv6Header.UDP || first == Ipv6Header.ICMPV6;
            int end = Math.max(1, isUpper ? Math.max(21, input.length) : input.length); // room for the checksum
            sends(first, Arrays.copyOfRange(Arrays.copyOf(input, end), 1, end));
            stillAnswers();
        });
    }

    /** An input is fragment headers with what follows them, each behind its length in one byte (RFC 8200 §4.5). */
    @Test
    void fragments() {
        Fuzz.run("fragments", input -> {
            for (int at = 0; at < input.length; ) {
                int length = Math.min(input[at] & 255, input.length - at - 1);
                sends(Ipv6Header.FRAGMENT, Arrays.copyOfRange(input, at + 1, at + 1 + length));
                at += 1 + length;
            }
            stillAnswers();
        });
    }

    @Test
    void udp_datagrams_with_right_checksums() {
        Fuzz.run("udp", input -> {
            sends(Ipv6Header.UDP, Arrays.copyOf(input, Math.max(8, input.length)));
            stillAnswers();
        });
    }

    @Test
    void icmpv6_messages_with_right_checksums() {
        Fuzz.run("icmpv6", input -> {
            sends(Ipv6Header.ICMPV6, Arrays.copyOf(input, Math.max(4, input.length)));
            stillAnswers();
        });
    }

    private void sends(int nextHeader, byte[] upper) {
        tunnel.sends(tunnel.packet(MeshAndRawPeer.RAW, MeshAndRawPeer.MESH, nextHeader, upper));
    }

    private void stillAnswers() {
        tunnel.passes(Duration.ofMillis(10)); // refills what limits the rate of answers
        tunnel.received();
        ByteBuf request =
                tunnel.packet(MeshAndRawPeer.RAW, MeshAndRawPeer.MESH, Ipv6Header.ICMPV6, ECHO_REQUEST.clone());
        tunnel.sends(request);
        assertThat(tunnel.received())
                .as("answers to an echo request")
                .anyMatch(packet -> (packet[Ipv6Header.BYTES] & 255) == ECHO_REPLY);
        if (++inputs % INPUTS_PER_TUNNEL != 0) return;
        tunnel.close();
        tunnel = new MeshAndRawPeer();
    }
}
