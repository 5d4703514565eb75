package dev.sixgate.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.tcp.TcpConnection;
import dev.sixgate.mesh.tcp.TcpOptions;
import dev.sixgate.mesh.tcp.TcpStack;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.BindException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SourceAddressesTest {
    private static final Ipv6Address BACKEND = Ipv6Address.parse("fdaa::9");
    private static final int PORTS = 65_536 - 16_384;

    private final TcpStack tcp = new TcpStack(1420, new SplittableRandom(1), UnpooledByteBufAllocator.DEFAULT, 0);
    private long now;

    @AfterEach
    void close() {
        tcp.close(now);
    }

    @Test
    void a_destination_whose_ports_run_out_is_reached_from_the_next_address_and_others_from_the_first()
            throws BindException {
        SourceAddresses sources = sources("fdaa:0:48c8:a7b:228::/80");
        TcpConnection last = null;
        for (int i = 0; i <= PORTS; i++) last = sources.connect(tcp, BACKEND, 8080, TcpOptions.DEFAULT, now);
        assertThat(last.localAddress()).isEqualTo(Ipv6Address.parse("fdaa:0:48c8:a7b:228::2"));
        assertThat(sources.connect(tcp, BACKEND, 8080, TcpOptions.DEFAULT, now).localAddress())
                .isEqualTo(Ipv6Address.parse("fdaa:0:48c8:a7b:228::2"));
        assertThat(sources.connect(tcp, BACKEND, 8081, TcpOptions.DEFAULT, now).localAddress())
                .isEqualTo(Ipv6Address.parse("fdaa:0:48c8:a7b:228::1"));
        now += SourceAddresses.EXHAUSTED_NANOS;
        last.abort(now);
        assertThat(sources.connect(tcp, BACKEND, 8080, TcpOptions.DEFAULT, now).localAddress())
                .isEqualTo(Ipv6Address.parse("fdaa:0:48c8:a7b:228::2"));
    }

    @Test
    void an_identity_of_one_address_has_no_other() throws BindException {
        SourceAddresses sources = sources("fdaa::1/128");
        for (int i = 0; i < PORTS; i++) sources.connect(tcp, BACKEND, 8080, TcpOptions.DEFAULT, now);
        for (int i = 0; i < 1000; i++) // the second is found out without looking at every port again
        assertThatThrownBy(() -> sources.connect(tcp, BACKEND, 8080, TcpOptions.DEFAULT, now))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("towards [fdaa::9]:8080");
    }

    private static SourceAddresses sources(String range) {
        return new SourceAddresses(new LocalAddresses(List.of(Ipv6Prefix.parse(range))));
    }
}
