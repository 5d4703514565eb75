package dev.sixgate.edge.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.acme.AcmeSettings;
import dev.sixgate.certs.acme.AcmeSettings.ExternalAccount;
import dev.sixgate.certs.acme.ChallengeType;
import dev.sixgate.certs.ca.DevelopmentCa;
import dev.sixgate.certs.pem.PemWriter;
import dev.sixgate.edge.admin.EdgeView.CertificateStatus;
import dev.sixgate.edge.peers.RealPeers;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.servicemap.Apps;
import dev.sixgate.edge.servicemap.Handler;
import dev.sixgate.edge.servicemap.Service;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates ordered from pebble, Let's Encrypt's own test server, which validates over the network as a CA does. */
@Timeout(90)
class AcmeIT {
    private static final int HTTP_PORT = 9080;
    private static final int TLS_PORT = 9443;
    private static final int DIRECTORY_PORT = 9100;
    private static final int DNS_PORT = 9053;

    @TempDir
    Path directory;

    private final Loopback loopback = new Loopback();
    private final List<Process> processes = new ArrayList<>();
    private @Nullable Edge edge;
    private Snapshots snapshots;

    @BeforeAll
    static void peers() {
        RealPeers.requirePrograms("pebble", "pebble-challtestsrv:pebble");
    }

    @BeforeEach
    void prepare() throws IOException {
        snapshots = Snapshots.in(directory, loopback.address).apps(app("shop.test"));
        DevelopmentCa ca = DevelopmentCa.openOrCreate(directory.resolve("ca"), InstantSource.system());
        PemWriter.write(
                ca.issue(List.of(loopback.address.getHostAddress())),
                directory.resolve("pebble.pem"),
                directory.resolve("pebble.key"));
        String here = loopback.address.getHostAddress();
        run(
                "dns",
                "pebble-challtestsrv",
                "-dns01",
                here + ":" + DNS_PORT,
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
                "-management",
                here + ":9055",
                "-defaultIPv6",
                "",
                "-defaultIPv4",
                here);
    }

    @AfterEach
    void close() throws Exception {
        if (edge != null) edge.close();
        for (Process process : processes) process.destroy();
        for (Process process : processes) process.waitFor();
        loopback.close();
    }

    @Test
    void a_name_gets_its_certificate_by_tls_alpn_and_serves_with_it() throws Exception {
        pebble(false);
        start(settings(ChallengeType.TLS_ALPN_01), "shop.test");
        await(() -> certificate("shop.test") != null);
        X509Certificate served = handshake("shop.test");
        assertThat(served.getSubjectAlternativeNames().toString()).contains("shop.test");
        assertThat(served.getIssuerX500Principal().getName()).contains("Pebble");
        Path kept = directory.resolve("state/acme/names/shop.test");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept.resolve("private.key"))))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
                .isEqualTo("rwx------");
    }

    @Test
    void a_name_and_an_address_get_theirs_by_http() throws Exception {
        pebble(false);
        String address = loopback.address.getHostAddress();
        start(settings(ChallengeType.HTTP_01), "shop.test", address);
        await(() -> certificate("shop.test") != null && certificate(address) != null);
        assertThat(handshake("shop.test").getIssuerX500Principal().getName()).contains("Pebble");
        assertThat(certificate(address).covers(address)).isTrue();
    }

    @Test
    void a_wildcard_gets_its_certificate_by_a_hook_that_sets_the_record() throws Exception {
        pebble(false);
        Path hook =
                Files.writeString(directory.resolve("hook"), """
                    #!/bin/sh
                    case $1 in
                      present) curl -sf -d "{\\"host\\":\\"$2\\",\\"value\\":\\"$3\\"}" http://HERE:9055/set-txt ;;
                      cleanup) curl -sf -d "{\\"host\\":\\"$2\\"}" http://HERE:9055/clear-txt ;;
                    esac
                    """.replace("HERE", loopback.address.getHostAddress()));
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwx------"));
        start(settings(List.of(ChallengeType.DNS_01), null, hook), "*.shop.test");
        await(() -> certificate("*.shop.test") != null);
        assertThat(handshake("any.shop.test").getSubjectAlternativeNames().toString())
                .contains("*.shop.test");
    }

    @Test
    void a_restart_goes_on_with_what_was_kept_even_when_the_ca_is_gone() throws Exception {
        Process pebble = pebble(false);
        start(settings(ChallengeType.TLS_ALPN_01), "shop.test");
        await(() -> certificate("shop.test") != null);
        X509Certificate first = handshake("shop.test");
        edge.close();
        pebble.destroy();
        pebble.waitFor();
        start(settings(ChallengeType.TLS_ALPN_01), "shop.test");
        assertThat(handshake("shop.test")).isEqualTo(first);
    }

    @Test
    void a_ca_that_lost_our_account_gives_a_new_one_to_the_same_key() throws Exception {
        Process pebble = pebble(false);
        start(settings(ChallengeType.TLS_ALPN_01), "shop.test");
        await(() -> certificate("shop.test") != null);
        edge.close();
        pebble.destroy(); // it keeps nothing
        pebble.waitFor();
        pebble(false);
        snapshots = snapshots.apps(app("shop.test"), app("blog.test"));
        start(settings(ChallengeType.TLS_ALPN_01), "shop.test", "blog.test");
        await(() -> certificate("blog.test") != null);
    }

    @Test
    void a_failure_is_told_in_a_sentence_and_a_mended_configuration_is_tried_at_once() throws Exception {
        pebble(true);
        start(settings(ChallengeType.TLS_ALPN_01), "shop.test");
        await(() -> status("shop.test").lastError() != null);
        assertThat(status("shop.test").lastError()).contains("wants an external account");
        assertThat(status("shop.test").failures()).isEqualTo(1);
        Path key = Files.writeString(
                directory.resolve("eab.key"), "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W\n");
        AcmeSettings mended = settings(List.of(ChallengeType.TLS_ALPN_01), new ExternalAccount("kid-1", key), null);
        Verdict verdict = edge.apply(snapshots.acme(mended, "shop.test").build());
        assertThat(verdict.problems()).isEmpty();
        await(() -> certificate("shop.test") != null);
        assertThat(status("shop.test").lastError()).isNull();
    }

    @Test
    void an_edge_that_does_not_order_answers_the_ca_and_serves_what_the_other_got() throws Exception {
        pebble(false);
        Path store = Files.createDirectory(directory.resolve("shared"));
        for (ChallengeType type : List.of(ChallengeType.TLS_ALPN_01, ChallengeType.HTTP_01)) {
            String name = type.word() + ".test";
            AcmeSettings sharing = settings(List.of(type), null, null, store);
            // The CA reaches this edge, which does not know yet that the name is its own.
            snapshots = snapshots.apps(app(name));
            start(sharing);
            Snapshots elsewhere = Snapshots.in(directory.resolve("elsewhere-" + name), loopback.address)
                    .apps(app(name, HTTP_PORT + 500, TLS_PORT + 500));
            try (Edge ordering = Edge.start(elsewhere.acme(sharing, name).build())) {
                await(() -> has(ordering, name));
            }
            assertThat(edge.apply(snapshots.acme(sharing, name).build()).problems())
                    .isEmpty();
            await(() -> certificate(name) != null);
            assertThat(handshake(name).getIssuerX500Principal().getName()).contains("Pebble");
            edge.close();
        }
        try (var left = Files.list(store.resolve("answers"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void an_order_goes_on_at_another_edge_when_its_holder_has_died() throws Exception {
        Path store = Files.createDirectory(directory.resolve("shared"));
        AcmeSettings sharing = settings(List.of(ChallengeType.TLS_ALPN_01), null, null, store);
        Path held = Files.createDirectories(store.resolve("names/shop.test")).resolve("lock");
        Process holder = new ProcessBuilder(
                        "python3",
                        "-c",
                        "import fcntl,sys,time; f=open(sys.argv[1],'w'); fcntl.lockf(f,fcntl.LOCK_EX);"
                                + " print('held',flush=True); time.sleep(600)",
                        held.toString())
                .start();
        processes.add(holder);
        assertThat(holder.inputReader().readLine()).isEqualTo("held");
        pebble(false);
        start(sharing, "shop.test");
        await(() -> edge.issuer()
                .status()
                .getFirst()
                .nextAttempt()
                .isAfter(InstantSource.system().instant()));
        assertThat(certificate("shop.test")).isNull();
        holder.destroyForcibly().waitFor();
        await(() -> certificate("shop.test") != null);
        assertThat(status("shop.test").failures()).isZero();
    }

    private static boolean has(Edge edge, String name) {
        return edge.certificateEntries().stream()
                .anyMatch(entry -> entry.hostnames().equals(List.of(name)));
    }

    private App app(String hostname) {
        return app(hostname, HTTP_PORT, TLS_PORT);
    }

    private App app(String hostname, int httpPort, int tlsPort) {
        Service web = new Service(
                "web",
                List.of(hostname),
                9,
                List.of(Apps.binding(httpPort, Handler.HTTP), Apps.binding(tlsPort, Handler.TLS, Handler.HTTP)));
        return Apps.app(hostname, List.of(Snapshots.direct("none", loopback.address, 9)), web);
    }

    private AcmeSettings settings(ChallengeType challenge) {
        return settings(List.of(challenge), null, null);
    }

    private AcmeSettings settings(
            List<ChallengeType> challenges, @Nullable ExternalAccount account, @Nullable Path hook) {
        return settings(challenges, account, hook, null);
    }

    private AcmeSettings settings(
            List<ChallengeType> challenges,
            @Nullable ExternalAccount account,
            @Nullable Path hook,
            @Nullable Path store) {
        return new AcmeSettings(
                List.of(URI.create("https://" + loopback.address.getHostAddress() + ":" + DIRECTORY_PORT + "/dir")),
                directory.resolve("ca/root.pem"),
                "ops@shop.test",
                null,
                challenges,
                account,
                hook,
                store);
    }

    private void start(AcmeSettings settings, String... names) throws EdgeStartException {
        edge = Edge.start(snapshots.acme(settings, names).build());
    }

    private @Nullable KeyAndChain certificate(String name) {
        return edge.certificateEntries().stream()
                .filter(entry -> entry.hostnames().equals(List.of(name)))
                .map(entry -> entry.certificate())
                .findFirst()
                .orElse(null);
    }

    private CertificateStatus status(String name) {
        return edge.view().certificates().stream()
                .filter(status -> status.names().contains(name))
                .findFirst()
                .orElseThrow();
    }

    private X509Certificate handshake(String name) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(loopback.connect(TLS_PORT), name, TLS_PORT, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(name)));
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    /** Reads what is served; the judgement is the test's. */
    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private Process pebble(boolean externalAccounts) throws Exception {
        String here = loopback.address.getHostAddress();
        Path configuration = Files.writeString(directory.resolve("pebble.json"), """
            { "pebble": {
              "listenAddress": "%1$s:%2$d", "managementListenAddress": "%1$s:9101",
              "certificate": "%3$s/pebble.pem", "privateKey": "%3$s/pebble.key",
              "httpPort": %4$d, "tlsPort": %5$d, "externalAccountBindingRequired": %6$s,
              "externalAccountMACKeys": { "kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W" } } }
            """.formatted(
                        here, DIRECTORY_PORT, directory, HTTP_PORT, TLS_PORT, externalAccounts));
        Process process =
                run("pebble", "pebble", "-config", configuration.toString(), "-dnsserver", here + ":" + DNS_PORT);
        HttpClient client = HttpClient.newBuilder().sslContext(trusting()).build();
        HttpRequest ask = HttpRequest.newBuilder(URI.create("https://" + here + ":" + DIRECTORY_PORT + "/dir"))
                .build();
        await(() -> {
            try {
                return client.send(ask, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
            } catch (IOException e) {
                return false;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        return process;
    }

    private static SSLContext trusting() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        return context;
    }

    private Process run(String name, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(name + ".log").toFile());
        // Every twentieth nonce is refused, as CAs do now and then; no random waiting before a validation.
        builder.environment().putAll(java.util.Map.of("PEBBLE_VA_NOSLEEP", "1", "PEBBLE_WFE_NONCEREJECT", "5"));
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (long end = System.nanoTime() + Duration.ofSeconds(30).toNanos(); System.nanoTime() < end; ) {
            if (condition.getAsBoolean()) return;
            Thread.sleep(50);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }
}
