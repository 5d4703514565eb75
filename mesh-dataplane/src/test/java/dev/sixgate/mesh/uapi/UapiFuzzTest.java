package dev.sixgate.mesh.uapi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.Mesh;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.fuzz.Fuzz;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a configuration tool says is applied whole or refused with an {@code errno}, and the next request is understood. */
class UapiFuzzTest {
    @Test
    void configuration_text() {
        PrivateKey key = PrivateKey.generate(new Random(1));
        MeshConfig config = new MeshConfig(key, List.of(Ipv6Prefix.parse("fdaa::1/128")), 1420, List.of());
        Mesh mesh = new Mesh(config, new Random(3), () -> Instant.EPOCH, UnpooledByteBufAllocator.DEFAULT, 0);
        UapiConversation conversation = new UapiConversation(mesh, key, 51_820);
        Fuzz.run("uapi", input -> {
            for (String line : new String(input, StandardCharsets.UTF_8).split("\n", -1)) {
                String answer = conversation.line(line, Instant.EPOCH, 0);
                if (answer != null) assertThat(answer).matches("(?s).*errno=-?\\d+\n\n");
            }
            conversation.line("", Instant.EPOCH, 0);
            conversation.line("set=1", Instant.EPOCH, 0);
            conversation.line("replace_peers=true", Instant.EPOCH, 0);
            assertThat(conversation.line("", Instant.EPOCH, 0)).isEqualTo("errno=0\n\n");
            assertThat(mesh.wireGuard().peers()).isEmpty();
        });
        mesh.close(0);
    }
}
