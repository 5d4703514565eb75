package dev.sixgate.edge.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.admin.AdminClient;
import dev.sixgate.edge.networkpolicy.AddressSet;
import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.networkpolicy.Policy.Party;
import dev.sixgate.edge.networkpolicy.PortSet;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.ProxyProtocol;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.UdpOptions;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.transport.MeshDatagramChannel;
import dev.sixgate.mesh.transport.MeshSocketChannel;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An app's private address, asked for from inside the mesh. */
@Timeout(30)
class PrivateAddressTest {
    private static final String EDGE = "fdaa::10";
    private static final String NODE = "fdaa::2";
    private static final Inet6Address PRIVATE = (Inet6Address) InetAddress.ofLiteral("fdaa:0:48c8:0:1::1a");
    private static final int PORT = 8080;

    @TempDir
    Path directory;

    private final PrivateKey edgeKey = PrivateKey.generate(new Random(1));
    private final Loopback loopback = new Loopback();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private Snapshots snapshots;
    private EchoNode node;
    private Edge edge;

    @BeforeEach
    void start() throws Exception {
        PeerConfig toEdge = new PeerConfig(
                "edge",
                edgeKey.publicKey(),
                null,
                null,
                List.of(Ipv6Prefix.parse(EDGE), Ipv6Prefix.parse("fdaa:0:48c8:0:1::/80")),
                Duration.ZERO);
        node = new EchoNode(PrivateKey.generate(new Random(2)), NODE, List.of(toEdge));
        snapshots = Snapshots.in(directory, loopback.address)
                .mesh(new Snapshot.MeshSettings(
                        new MeshConfig(edgeKey, List.of(Ipv6Prefix.parse(EDGE)), 1420, List.of(node.asPeer("node"))),
                        0,
                        1,
                        null));
        edge = Edge.start(
                snapshots.apps(app(Apps.service("http", List.of(), PORT))).build());
        // The node knows no endpoint of the edge until it hears of it.
        AdminClient.post(directory.resolve("admin.sock"), "/mesh/ping?address=" + NODE);
    }

    @AfterEach
    void close() throws Exception {
        edge.close();
        node.close();
        loopback.close();
    }

    private static App app(Service... services) {
        return new App("api", List.of(Apps.backend("node", NODE)), List.of(services), PRIVATE);
    }

    /** A channel of the node's mesh, whose bytes are {@link #heard}. */
    private ChannelFuture connect(int port) throws InterruptedException {
        return new Bootstrap()
                .group(node.driver.eventLoop())
                .channelFactory(() -> new MeshSocketChannel(node.driver))
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        heard.add(((io.netty.buffer.ByteBuf) message).toString(StandardCharsets.US_ASCII));
                        ((io.netty.buffer.ByteBuf) message).release();
                    }

                    @Override
                    public void channelInactive(ChannelHandlerContext context) {
                        heard.add("end");
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        context.close();
                    }
                })
                .connect(new InetSocketAddress(PRIVATE, port))
                .await();
    }

    private static void write(Channel channel, String text) {
        channel.writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }

    private String hear() throws InterruptedException {
        String text = heard.poll(10, TimeUnit.SECONDS);
        assertThat(text).as("something came within 10 s").isNotNull();
        return text;
    }

    @Test
    void a_workload_reaches_the_app_through_the_proxy() throws Exception {
        Channel client = connect(PORT).channel();
        write(client, "hello");
        assertThat(hear()).isEqualTo("hello");
        assertThat(edge.addresses()).as("nothing is open to the public").isEmpty();
        assertThat(AdminClient.get(directory.resolve("admin.sock"), "/status").body())
                .contains("[fdaa:0:48c8:0:1::1a]:8080");
    }

    @Test
    void http_is_routed_by_port_whatever_the_host_and_explained() throws Exception {
        assertThat(edge.apply(snapshots
                                .apps(app(Apps.service("http", List.of(), 80, Handler.HTTP)))
                                .build())
                        .problems())
                .isEmpty();
        Channel client = connect(80).channel();
        write(client, "GET / HTTP/1.1\r\nHost: http.svc.api.flycast\r\n\r\n");
        // The backend echoes the request, which is no HTTP response.
        assertThat(hear()).startsWith("HTTP/1.1 502 ").contains("sixgate-reason: backend_protocol");
    }

    @Test
    void datagrams_go_there_too() throws Exception {
        PortBinding game = PortBinding.udp(7000, ProxyProtocol.NONE, UdpOptions.DEFAULT);
        assertThat(edge.apply(snapshots
                                .apps(app(new Service("game", List.of(), EchoNode.PORT, List.of(game))))
                                .build())
                        .problems())
                .isEmpty();
        Channel client = new Bootstrap()
                .group(node.driver.eventLoop())
                .channelFactory(() -> new MeshDatagramChannel(node.driver))
                .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                        heard.add(packet.content().toString(StandardCharsets.US_ASCII) + " "
                                + packet.sender().getPort());
                    }
                })
                .bind(new InetSocketAddress("::", 0))
                .sync()
                .channel();
        client.writeAndFlush(new DatagramPacket(
                Unpooled.copiedBuffer("ping", StandardCharsets.US_ASCII), new InetSocketAddress(PRIVATE, 7000)));
        assertThat(hear()).isEqualTo("ping 7000");
    }

    @Test
    void a_reload_moves_ports_and_cuts_no_connection() throws Exception {
        Channel client = connect(PORT).channel();
        write(client, "one");
        assertThat(hear()).isEqualTo("one");
        assertThat(edge.apply(snapshots
                                .apps(app(Apps.service("http", List.of(), 8081)))
                                .build())
                        .changes())
                .contains(
                        "+ listener [fdaa:0:48c8:0:1::1a]:8081 (in the mesh)",
                        "- listener [fdaa:0:48c8:0:1::1a]:8080 (in the mesh)");
        write(client, "two");
        assertThat(hear()).isEqualTo("two");
        assertThat(connect(8081).isSuccess()).isTrue();
        assertThat(connect(PORT).isSuccess()).as("refused").isFalse();
    }

    @Test
    void a_policy_added_while_traffic_flows_closes_the_next_connection_and_is_named() throws Exception {
        Channel client = connect(PORT).channel();
        write(client, "one");
        assertThat(hear()).isEqualTo("one");
        Snapshot now =
                snapshots.apps(app(Apps.service("http", List.of(), PORT))).build();
        assertThat(edge.apply(Snapshots.withPolicies(now, closed("api-callers", PRIVATE.getHostAddress())))
                        .changes())
                .contains("+ policy api-callers");
        assertThat(connect(PORT).isSuccess()).as("refused at its SYN").isFalse();
        assertThat(explained())
                .contains("denied_by_policy")
                .contains("api-callers")
                .contains("it allows nothing");
        write(client, "two");
        assertThat(hear()).as("what was open stays so").isEqualTo("two");
    }

    @Test
    void the_proxy_asks_who_called_it_and_not_whether_it_may_itself() throws Exception {
        Snapshot now = snapshots
                .apps(app(Apps.service("http", List.of(), 80, Handler.HTTP)))
                .build();
        Party edges = party("every edge", EDGE);
        Policy policy = new Policy(
                "edges-only",
                Policy.Mode.ENFORCE,
                Policy.Direction.INGRESS,
                party("app \"api\"", NODE),
                PortSet.ALL,
                List.of(new Policy.Allow(edges, PortSet.ALL)));
        edge.apply(Snapshots.withPolicies(now, policy));
        Channel client = connect(80).channel();
        write(client, "GET / HTTP/1.1\r\nHost: http.svc.api.flycast\r\n\r\n");
        assertThat(hear()).startsWith("HTTP/1.1 403 ").contains("sixgate-reason: denied_by_policy");
        assertThat(explained()).contains("denies " + NODE);
    }

    private static Policy closed(String name, String address) {
        return new Policy(
                name, Policy.Mode.ENFORCE, Policy.Direction.INGRESS, party(address, address), PortSet.ALL, List.of());
    }

    private static Party party(String text, String address) {
        return new Party(text, AddressSet.of(List.of(Ipv6Prefix.parse(address)), List.of()));
    }

    private String explained() throws Exception {
        return AdminClient.get(directory.resolve("admin.sock"), "/explain").body();
    }

    @Test
    void host_names_open_a_service_to_the_public_as_well() throws Exception {
        Service both = Apps.service("http", List.of("api.example.com"), 9001, Handler.HTTP);
        assertThat(edge.apply(snapshots.apps(app(both)).build()).problems()).isEmpty();
        assertThat(edge.addresses()).containsExactly(new InetSocketAddress(loopback.address, 9001));
        assertThat(connect(9001).isSuccess()).isTrue();
    }
}
