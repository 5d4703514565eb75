package dev.sixgate.edge.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.certs.CertificateStore;
import dev.sixgate.edge.balancer.PolicyBalancer;
import dev.sixgate.edge.http.TrustedProxies;
import dev.sixgate.edge.metrics.EdgeMetrics;
import dev.sixgate.edge.router.HostRouter;
import dev.sixgate.edge.servicemap.AddressRange;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.HostIndex;
import dev.sixgate.edge.tls.TlsTermination;
import dev.sixgate.edge.upstream.MeshOrDirectConnector;
import dev.sixgate.edge.upstream.Serving;
import dev.sixgate.edge.upstream.UpstreamPool;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ListenersTest {
    private static final List<InetAddress> LOOPBACK = List.of(InetAddress.getLoopbackAddress());
    private static final int ANY_PORT = 0;

    private final SocketTransport transport = SocketTransport.best();
    private final EventLoopGroup loops =
            transport.newLoops(1, Thread.ofPlatform().factory());
    private final EdgeMetrics metrics = new EdgeMetrics();
    private final List<Socket> clients = new ArrayList<>();
    private Listeners listeners;
    private App app;
    private ServerSocket origin;

    @BeforeEach
    void prepare() throws IOException {
        origin = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        app = Apps.app(
                "raw", List.of(Apps.direct("b", origin.getLocalPort())), Apps.service("tcp", List.of(), ANY_PORT));
        listeners = new Listeners(loops, transport, new TlsTermination(new CertificateStore()), metrics, 2);
        listeners.serve(new Serving(
                new HostRouter(List.of(app)),
                new PolicyBalancer("", new Random(1)),
                new MeshOrDirectConnector(null),
                new UpstreamPool(),
                _ -> {}));
    }

    @AfterEach
    void close() throws Exception {
        for (Socket client : clients) client.close();
        listeners.closeListeners();
        listeners.closeConnections().await(10_000);
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
        origin.close();
    }

    @Test
    void what_is_prepared_queues_connections_and_serves_them_after_the_commit() throws Exception {
        Listeners.Change change = listeners.prepare(LOOPBACK, HostIndex.of(List.of(app)));
        assertThat(listeners.status()).isEmpty();
        change.commit();
        assertThat(listeners.status()).singleElement().satisfies(listening -> {
            assertThat(listening.address().getPort()).isPositive();
            assertThat(listening.handlers()).isEqualTo("[]");
        });
        assertServed(connect());
    }

    @Test
    void a_kept_listener_is_the_same_socket_after_a_change() throws Exception {
        listeners.prepare(LOOPBACK, HostIndex.of(List.of(app))).commit();
        InetSocketAddress before = listeners.status().getFirst().address();
        Listeners.Change change = listeners.prepare(LOOPBACK, HostIndex.of(List.of(app)));
        assertThat(change.opened()).isEmpty();
        assertThat(change.closed()).isEmpty();
        change.commit();
        assertThat(listeners.status().getFirst().address()).isEqualTo(before);
        assertServed(connect());
    }

    @Test
    void connections_above_the_bound_are_reset_and_counted() throws Exception {
        listeners.prepare(LOOPBACK, HostIndex.of(List.of(app))).commit();
        Socket first = connect();
        assertServed(first);
        assertServed(connect());
        assertThatThrownBy(() -> connect().getInputStream().read()).hasMessageContaining("reset");
        assertThat(metrics.scrape()).contains("sixgate_connections_refused_total 1.0");
        first.setSoLinger(true, 0);
        first.close();
        for (long end = System.nanoTime() + 10_000_000_000L; listeners.activeConnections() == 2; )
            if (System.nanoTime() > end) throw new AssertionError("the closed connection still counts");
        assertServed(connect());
    }

    @Test
    void one_clients_connections_are_bounded_and_a_trusted_proxys_are_not() throws Exception {
        listeners.limitPerClient(1);
        listeners.prepare(LOOPBACK, HostIndex.of(List.of(app))).commit();
        Socket first = connect();
        assertServed(first);
        assertThatThrownBy(() -> connect().getInputStream().read()).hasMessageContaining("reset");
        assertThat(listeners.activeConnections()).isEqualTo(1);
        listeners.trust(new TrustedProxies(List.of(AddressRange.parse("127.0.0.1"), AddressRange.parse("::1"))));
        assertServed(connect());
    }

    @Test
    void clients_are_counted_by_ipv4_address_and_by_ipv6_64_and_forgotten_when_they_are_gone() {
        ClientCounts counts = new ClientCounts();
        assertThat(counts.opened(InetAddress.ofLiteral("192.0.2.1"))).isEqualTo(1);
        assertThat(counts.opened(InetAddress.ofLiteral("192.0.2.2"))).isEqualTo(1);
        assertThat(counts.opened(InetAddress.ofLiteral("::ffff:192.0.2.1"))).isEqualTo(2);
        assertThat(counts.opened(InetAddress.ofLiteral("2001:db8:0:1::1"))).isEqualTo(1);
        assertThat(counts.opened(InetAddress.ofLiteral("2001:db8:0:1:ffff::9"))).isEqualTo(2);
        assertThat(counts.opened(InetAddress.ofLiteral("2001:db8:0:2::1"))).isEqualTo(1);
        for (String gone :
                List.of("192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8:0:1::2", "2001:db8:0:1::3", "2001:db8:0:2::"))
            counts.closed(InetAddress.ofLiteral(gone));
        assertThat(counts.clients()).isZero();
    }

    @Test
    void an_address_that_is_not_ours_is_told() {
        assertThatThrownBy(() ->
                        listeners.prepare(List.of(InetAddress.ofLiteral("203.0.113.77")), HostIndex.of(List.of(app))))
                .isInstanceOf(ListenException.class)
                .hasMessageContaining("203.0.113.77 is no address of this machine; correct edge.addresses");
    }

    private Socket connect() throws IOException {
        Socket client = new Socket();
        clients.add(client);
        client.setSoTimeout(10_000);
        client.connect(listeners.status().getFirst().address());
        return client;
    }

    private void assertServed(Socket client) throws IOException {
        client.getOutputStream().write(42);
        origin.setSoTimeout(10_000);
        Socket served = origin.accept();
        clients.add(served);
        served.setSoTimeout(10_000);
        assertThat(served.getInputStream().read()).isEqualTo(42);
    }
}
