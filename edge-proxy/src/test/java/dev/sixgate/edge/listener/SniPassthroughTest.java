package dev.sixgate.edge.listener;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.certs.CertificateStore;
import dev.sixgate.edge.balancer.PolicyBalancer;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.metrics.EdgeMetrics;
import dev.sixgate.edge.router.HostRouter;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.HostIndex;
import dev.sixgate.edge.tls.TlsTermination;
import dev.sixgate.edge.upstream.MeshOrDirectConnector;
import dev.sixgate.edge.upstream.Serving;
import dev.sixgate.edge.upstream.UpstreamPool;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TLS that is not terminated here: the name in the ClientHello chooses the app, and every byte arrives as it was sent. */
@Timeout(20)
class SniPassthroughTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final int GREASE = 0x2A2A;

    private final SocketTransport transport = SocketTransport.best();
    private final EventLoopGroup loops =
            transport.newLoops(1, Thread.ofPlatform().factory());
    private final BlockingQueue<RequestRecord> records = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private ServerSocket exact;
    private ServerSocket wild;
    private Listeners listeners;

    @BeforeEach
    void listen() throws Exception {
        exact = origin();
        wild = origin();
        List<App> apps = List.of(app("exact", "a.example.com", exact), app("wild", "*.example.com", wild));
        listeners = new Listeners(loops, transport, new TlsTermination(new CertificateStore()), new EdgeMetrics(), 100);
        listeners.serve(new Serving(
                new HostRouter(apps),
                new PolicyBalancer("", new Random(1)),
                new MeshOrDirectConnector(null),
                new UpstreamPool(),
                records::add));
        listeners.prepare(List.of(LOOPBACK), HostIndex.of(apps)).commit();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) each.close();
        listeners.closeListeners();
        listeners.closeConnections().await(10_000);
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @CsvSource({
        "a.example.com, 0, 16384, exact",
        "A.Example.COM, 0, 16384, exact",
        "b.example.com, 0, 16384, wild",
        "x.y.example.com, 0, 100, wild",
        "a.example.com, 40000, 16384, exact",
        "a.example.com, 300, 1, exact"
    })
    void the_name_chooses_the_app_however_the_hello_is_cut_into_records(
            String name, int padding, int recordBytes, String app) throws Exception {
        byte[] hello = hello(name, padding, recordBytes);
        Socket client = connect();
        client.getOutputStream().write(hello);
        client.getOutputStream().write("and more".getBytes(StandardCharsets.US_ASCII));
        client.shutdownOutput();
        assertThat(received(app.equals("exact") ? exact : wild))
                .isEqualTo(ByteBufUtil.getBytes(
                        Unpooled.wrappedBuffer(hello, "and more".getBytes(StandardCharsets.US_ASCII))));
        RequestRecord record = record();
        assertThat(record.app).isEqualTo(app);
        assertThat(record.sni).isEqualTo(name.toLowerCase(java.util.Locale.ROOT));
    }

    @Test
    void a_hello_that_comes_byte_by_byte_is_waited_for() throws Exception {
        byte[] hello = hello("a.example.com", 0, 16384);
        Socket client = connect();
        client.setTcpNoDelay(true);
        for (byte one : hello) client.getOutputStream().write(one);
        client.shutdownOutput();
        assertThat(received(exact)).isEqualTo(hello);
    }

    @ParameterizedTest
    @CsvSource({"other.test", "''"})
    void a_name_that_nobody_has_is_cut_with_its_reason(String name) throws Exception {
        Socket client = connect();
        client.getOutputStream().write(hello(name, 0, 16384));
        assertThat(record().reason).isEqualTo(Reason.NO_ROUTE);
    }

    @Test
    void what_is_no_tls_names_nobody() throws Exception {
        Socket client = connect();
        client.getOutputStream()
                .write("GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(record().reason).isEqualTo(Reason.NO_ROUTE);
    }

    /** RFC 8446 §4.1.2, with GREASE (RFC 8701) as browsers send it. @param name empty: no server_name extension */
    private static byte[] hello(String name, int padding, int recordBytes) {
        ByteBuf extensions = Unpooled.buffer();
        extensions.writeShort(GREASE).writeShort(0);
        extensions.writeShort(21).writeShort(padding).writeZero(padding);
        if (!name.isEmpty()) {
            int length = name.length();
            extensions
                    .writeShort(0)
                    .writeShort(length + 5)
                    .writeShort(length + 3)
                    .writeByte(0)
                    .writeShort(length);
            extensions.writeCharSequence(name, StandardCharsets.US_ASCII);
        }
        ByteBuf body = Unpooled.buffer().writeShort(0x0303).writeZero(32).writeByte(0);
        body.writeShort(4).writeShort(GREASE).writeShort(0x1301).writeByte(1).writeByte(0);
        body.writeShort(extensions.readableBytes()).writeBytes(extensions);
        ByteBuf message =
                Unpooled.buffer().writeByte(1).writeMedium(body.readableBytes()).writeBytes(body);
        ByteBuf records = Unpooled.buffer();
        while (message.isReadable()) {
            int count = Math.min(recordBytes, message.readableBytes());
            records.writeByte(22).writeShort(0x0301).writeShort(count).writeBytes(message, count);
        }
        return ByteBufUtil.getBytes(records);
    }

    private ServerSocket origin() throws IOException {
        ServerSocket origin = new ServerSocket(0, 50, LOOPBACK);
        origin.setSoTimeout(10_000);
        open.add(origin);
        return origin;
    }

    private static App app(String name, String host, ServerSocket origin) {
        return Apps.app(name, List.of(Apps.direct("b", origin.getLocalPort())), Apps.service("tls", List.of(host), 0));
    }

    private Socket connect() throws IOException {
        Socket client = new Socket();
        open.add(client);
        client.setSoTimeout(10_000);
        client.connect(listeners.status().getFirst().address());
        return client;
    }

    private static byte[] received(ServerSocket origin) throws IOException {
        try (Socket served = origin.accept()) {
            served.setSoTimeout(10_000);
            return served.getInputStream().readAllBytes();
        }
    }

    private RequestRecord record() throws InterruptedException {
        RequestRecord record = records.poll(10, TimeUnit.SECONDS);
        assertThat(record).as("a finished record").isNotNull();
        return record;
    }
}
