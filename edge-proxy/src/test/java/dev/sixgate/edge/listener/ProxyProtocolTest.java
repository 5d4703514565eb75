package dev.sixgate.edge.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.certs.CertificateStore;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.edge.balancer.PolicyBalancer;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.metrics.EdgeMetrics;
import dev.sixgate.edge.router.HostRouter;
import dev.sixgate.edge.servicemap.AddressRange;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.HostIndex;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.servicemap.PortBinding;
import dev.sixgate.edge.servicemap.ProxyProtocol;
import dev.sixgate.edge.servicemap.ProxyProtocol.Detail;
import dev.sixgate.edge.servicemap.ProxyProtocol.Version;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.servicemap.TcpOptions;
import dev.sixgate.edge.servicemap.TlsOptions;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Over loopback: what a backend is told of a client, and who may tell the edge. */
@Timeout(20)
class ProxyProtocolTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final List<AddressRange> FROM_LOOPBACK = List.of(AddressRange.parse("127.0.0.0/8"));
    private static final ProxyProtocol ACCEPT = new ProxyProtocol(null, Set.of(), FROM_LOOPBACK);
    private static final ProxyProtocol SEND_V1 = new ProxyProtocol(Version.V1, Set.of(), List.of());

    @TempDir
    Path directory;

    private final SocketTransport transport = SocketTransport.best();
    private final EventLoopGroup loops =
            transport.newLoops(1, Thread.ofPlatform().factory());
    private final BlockingQueue<RequestRecord> records = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final CertificateStore certificates = new CertificateStore();
    private Listeners listeners;
    private ServerSocket origin;

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) each.close();
        listeners.closeListeners();
        listeners.closeConnections().await(10_000);
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
    }

    @Test
    void a_backend_gets_the_clients_address_before_its_first_byte() throws Exception {
        listen(SEND_V1, Handler.PROXY_PROTO);
        Socket client = connect();
        client.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
        client.shutdownOutput();
        assertThat(text(accept()))
                .isEqualTo("PROXY TCP4 127.0.0.1 127.0.0.1 " + client.getLocalPort() + " " + client.getPort()
                        + "\r\nhello");
    }

    @Test
    void a_backend_that_speaks_first_gets_it_too() throws Exception {
        listen(SEND_V1, Handler.PROXY_PROTO);
        Socket client = connect();
        Socket served = accept();
        served.getOutputStream().write("220 ready".getBytes(StandardCharsets.US_ASCII));
        served.shutdownOutput();
        assertThat(text(client)).isEqualTo("220 ready");
        client.close();
        assertThat(text(served)).startsWith("PROXY TCP4 127.0.0.1 ").endsWith("\r\n");
    }

    @Test
    void behind_tls_it_is_plain_and_tells_name_protocol_version_and_id() throws Exception {
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory, InstantSource.system());
        certificates.replace(List.of(new CertificateStore.Entry(List.of(), ca.issue(List.of("mqtt.test")))));
        listen(
                new ProxyProtocol(
                        Version.V2, Set.of(Detail.AUTHORITY, Detail.ALPN, Detail.TLS, Detail.UNIQUE_ID), List.of()),
                Handler.TLS,
                Handler.PROXY_PROTO);
        SSLSocket client = tls(ca, connect());
        client.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
        Socket served = accept();
        byte[] head = served.getInputStream().readNBytes(16);
        int length = (head[14] & 255) << 8 | head[15] & 255;
        String said = new String(served.getInputStream().readNBytes(length), StandardCharsets.ISO_8859_1);
        assertThat(served.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
        client.close();
        RequestRecord record = record();
        assertThat(said)
                .contains("\1\0\10http/1.1", "\2\0\11mqtt.test", "\5\0\20" + record.id, "\41\0\7TLSv1.3", "TLS_AES_");
    }

    @Test
    void a_load_balancers_word_is_believed_wherever_its_head_is_cut_and_passed_on() throws Exception {
        listen(new ProxyProtocol(Version.V1, Set.of(), FROM_LOOPBACK), Handler.PROXY_PROTO);
        byte[] sent = "PROXY TCP4 192.0.2.7 203.0.113.9 1234 25\r\nhello".getBytes(StandardCharsets.US_ASCII);
        for (int cut = 1; cut < sent.length; cut += 7) {
            Socket client = connect();
            client.setTcpNoDelay(true);
            client.getOutputStream().write(sent, 0, cut);
            client.getOutputStream().flush();
            client.getOutputStream().write(sent, cut, sent.length - cut);
            client.shutdownOutput();
            assertThat(text(accept())).isEqualTo("PROXY TCP4 192.0.2.7 203.0.113.9 1234 25\r\nhello");
            client.close();
        }
        RequestRecord record = record();
        assertThat(record.client).isEqualTo(new InetSocketAddress("192.0.2.7", 1234));
        assertThat(record.local).isEqualTo(new InetSocketAddress("203.0.113.9", 25));
        assertThat(record.proxy.getAddress()).isEqualTo(LOOPBACK);
    }

    @Test
    void http_behind_a_load_balancers_head_forwards_the_client() throws Exception {
        listen(ACCEPT, Handler.HTTP);
        Socket client = connect();
        client.getOutputStream()
                .write("PROXY TCP6 2001:db8::7 2001:db8::9 1234 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
        Socket served = accept();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0)
            head.append((char) served.getInputStream().read());
        assertThat(head.toString().toLowerCase(java.util.Locale.ROOT)).contains("x-forwarded-for: 2001:db8::7\r\n");
    }

    @Test
    void tls_follows_a_load_balancers_head() throws Exception {
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory, InstantSource.system());
        certificates.replace(List.of(new CertificateStore.Entry(List.of(), ca.issue(List.of("mqtt.test")))));
        listen(ACCEPT, Handler.TLS);
        Socket plain = connect();
        plain.getOutputStream().write("PROXY TCP4 192.0.2.7 203.0.113.9 1 2\r\n".getBytes(StandardCharsets.US_ASCII));
        SSLSocket client = tls(ca, plain);
        client.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
        assertThat(accept().getInputStream().readNBytes(5)).asString().isEqualTo("hello");
        client.close();
        assertThat(record().client).isEqualTo(new InetSocketAddress("192.0.2.7", 1));
    }

    @Test
    void a_load_balancer_that_speaks_for_itself_is_the_client() throws Exception {
        listen(ACCEPT);
        Socket client = connect();
        client.getOutputStream().write("PROXY UNKNOWN\r\nping".getBytes(StandardCharsets.US_ASCII));
        client.shutdownOutput();
        assertThat(text(accept())).isEqualTo("ping");
        client.close();
        RequestRecord record = record();
        assertThat(record.client.getPort()).isEqualTo(client.getLocalPort());
        assertThat(record.proxy).isNull();
    }

    @Test
    void a_load_balancer_without_a_head_is_closed_and_counted() throws Exception {
        listen(ACCEPT);
        Socket client = connect();
        client.getOutputStream().write("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
        assertEnds(client);
        RequestRecord record = record();
        assertThat(record.reason).isEqualTo(Reason.PROXY_HEADER);
        assertThat(record.detail).isEqualTo("the connection does not begin with one");
    }

    @Test
    void a_head_that_is_cut_is_counted_and_a_look_at_the_port_is_not() throws Exception {
        listen(ACCEPT);
        connect().close();
        Socket client = connect();
        client.getOutputStream().write("PROXY TCP4".getBytes(StandardCharsets.US_ASCII));
        client.shutdownOutput();
        assertEnds(client);
        assertThat(record().detail).isEqualTo("the connection ended within it");
        assertThat(records).isEmpty();
    }

    @Test
    void who_is_not_listed_forges_nothing() throws Exception {
        listen(
                new ProxyProtocol(Version.V1, Set.of(), List.of(AddressRange.parse("198.51.100.0/24"))),
                Handler.PROXY_PROTO);
        Socket client = connect();
        String forged = "PROXY TCP4 192.0.2.7 203.0.113.9 1 2\r\n";
        client.getOutputStream().write(forged.getBytes(StandardCharsets.US_ASCII));
        client.shutdownOutput();
        assertThat(text(accept()))
                .isEqualTo("PROXY TCP4 127.0.0.1 127.0.0.1 " + client.getLocalPort() + " " + client.getPort() + "\r\n"
                        + forged);
        client.close();
        assertThat(record().client.getPort()).isEqualTo(client.getLocalPort());
    }

    private void listen(ProxyProtocol words, Handler... handlers) throws Exception {
        origin = new ServerSocket(0, 50, LOOPBACK);
        origin.setSoTimeout(10_000);
        open.add(origin);
        PortBinding binding = new PortBinding(
                0,
                List.of(handlers),
                new TlsOptions(List.of("http/1.1"), List.of("TLSv1.3")),
                HttpOptions.DEFAULT,
                TcpOptions.DEFAULT,
                words,
                0);
        Service service = new Service("s", List.of(), 1, List.of(binding));
        App app = Apps.app("raw", List.of(Apps.direct("b", origin.getLocalPort())), service);
        listeners = new Listeners(loops, transport, new TlsTermination(certificates), new EdgeMetrics(), 100);
        listeners.serve(new Serving(
                new HostRouter(List.of(app)),
                new PolicyBalancer("", new Random(1)),
                new MeshOrDirectConnector(null),
                new UpstreamPool(),
                records::add));
        listeners.prepare(List.of(LOOPBACK), HostIndex.of(List.of(app))).commit();
    }

    private Socket connect() throws IOException {
        Socket client = new Socket();
        open.add(client);
        client.setSoTimeout(10_000);
        client.connect(listeners.status().getFirst().address());
        return client;
    }

    private Socket accept() throws IOException {
        Socket served = origin.accept();
        open.add(served);
        served.setSoTimeout(10_000);
        return served;
    }

    private SSLSocket tls(DevelopmentCa ca, Socket plain) throws Exception {
        KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
        roots.load(null, null);
        roots.setCertificateEntry("root", ca.root());
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(roots);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        SSLSocket client = (SSLSocket) context.getSocketFactory().createSocket(plain, "mqtt.test", 0, true);
        var parameters = client.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName("mqtt.test")));
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        client.setSSLParameters(parameters);
        open.add(client);
        return client;
    }

    private RequestRecord record() throws InterruptedException {
        RequestRecord record = records.poll(10, TimeUnit.SECONDS);
        assertThat(record).as("a finished record").isNotNull();
        return record;
    }

    /** All that comes, to the other's end; ends our side too. */
    private static String text(Socket socket) throws IOException {
        try (socket) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** By FIN or by a reset, when bytes were left unread. */
    private static void assertEnds(Socket client) {
        assertThatThrownBy(() -> {
                    if (client.getInputStream().read() < 0) throw new IOException("end");
                })
                .isInstanceOf(IOException.class);
    }
}
