package dev.sixgate.mesh.wireguard;

import static io.netty.buffer.ByteBufUtil.decodeHexDump;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.crypto.AeadEngines;
import dev.sixgate.mesh.crypto.AeadKey;
import dev.sixgate.mesh.crypto.X25519;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Both parties of the pattern against a published vector. */
class NoiseHandshakeTest {
    private final Properties vector = new Properties();

    @BeforeEach
    void read() throws IOException {
        try (InputStream in = getClass().getResourceAsStream("noise-ikpsk2.properties")) {
            vector.load(in);
        }
    }

    @Test
    void both_parties_write_and_read_the_published_messages() {
        byte[] initiatorStatic = bytes("initiator.static");
        byte[] responderStatic = bytes("responder.static");
        byte[] responderPublic = bytes("responder.static.public");
        byte[] initiatorPublic = X25519.publicKey(initiatorStatic);
        byte[] agreed = X25519.agree(initiatorStatic, responderPublic);
        byte[] psk = bytes("psk");
        NoiseHandshake initiator = new NoiseHandshake(bytes("prologue"), responderPublic);
        NoiseHandshake responder = new NoiseHandshake(bytes("prologue"), responderPublic);

        byte[] first = initiator.writeInitiation(
                bytes("initiator.ephemeral"), initiatorPublic, responderPublic, agreed, bytes("payload.1"));
        assertThat(first).isEqualTo(bytes("message.1"));
        assertThat(responder.readInitiator(first, responderStatic)).isEqualTo(initiatorPublic);
        assertThat(responder.readInitiation(first, X25519.agree(responderStatic, initiatorPublic)))
                .isEqualTo(bytes("payload.1"));

        byte[] second = responder.writeResponse(bytes("responder.ephemeral"), psk, bytes("payload.2"));
        assertThat(second).isEqualTo(bytes("message.2"));
        assertThat(initiator.copy().readResponse(second, initiatorStatic, psk)).isEqualTo(bytes("payload.2"));
        assertThat(initiator.readResponse(second, initiatorStatic, psk)).isEqualTo(bytes("payload.2"));
        assertThat(initiator.handshakeHash()).isEqualTo(bytes("handshake.hash"));
        assertThat(responder.handshakeHash()).isEqualTo(bytes("handshake.hash"));

        NoiseHandshake.TransportKeys initiatorKeys = initiator.split(true);
        NoiseHandshake.TransportKeys responderKeys = responder.split(false);
        AeadKey forward = AeadEngines.select().key(initiatorKeys.send());
        AeadKey backward = AeadEngines.select().key(responderKeys.send());
        for (int i = 3; i <= 6; i++)
            assertThat(seal(i % 2 == 1 ? forward : backward, (i - 3) / 2, bytes("payload." + i)))
                    .isEqualTo(bytes("message." + i));
        assertThat(responderKeys.receive()).isEqualTo(initiatorKeys.send());
        assertThat(initiatorKeys.receive()).isEqualTo(responderKeys.send());
    }

    @Test
    void another_preshared_key_or_prologue_or_a_changed_bit_reads_nothing() {
        byte[] responderStatic = bytes("responder.static");
        byte[] first = bytes("message.1");
        byte[] publicKey = bytes("responder.static.public");
        assertThat(new NoiseHandshake(Protocol.IDENTIFIER, publicKey).readInitiator(first, responderStatic))
                .isNull();
        for (int i = 0; i < 80; i++) {
            byte[] changed = first.clone();
            changed[i] ^= 1;
            assertThat(new NoiseHandshake(bytes("prologue"), publicKey).readInitiator(changed, responderStatic))
                    .as("byte %d", i)
                    .isNull();
        }

        byte[] initiatorStatic = bytes("initiator.static");
        NoiseHandshake initiator = new NoiseHandshake(bytes("prologue"), publicKey);
        initiator.writeInitiation(
                bytes("initiator.ephemeral"),
                X25519.publicKey(initiatorStatic),
                publicKey,
                X25519.agree(initiatorStatic, publicKey),
                bytes("payload.1"));
        assertThat(initiator.copy().readResponse(bytes("message.2"), initiatorStatic, new byte[32]))
                .isNull();
        assertThat(initiator.readResponse(bytes("message.2"), initiatorStatic, bytes("psk")))
                .isNotNull();
    }

    private static byte[] seal(AeadKey key, long counter, byte[] plaintext) {
        ByteBuf buffer = Unpooled.directBuffer().writeBytes(plaintext).writeZero(16);
        key.seal(counter, buffer, 0, plaintext.length);
        byte[] sealed = ByteBufUtil.getBytes(buffer);
        buffer.release();
        return sealed;
    }

    private byte[] bytes(String name) {
        return decodeHexDump(vector.getProperty(name));
    }
}
