package dev.sixgate.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command against a JDK server on loopback; nothing of the edge is here. */
class RunCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final AtomicInteger asked = new AtomicInteger();
    private final Set<String> hosts = ConcurrentHashMap.newKeySet();
    private HttpServer server;

    @AfterEach
    void stop() {
        if (server != null) server.stop(0);
    }

    @Test
    void visitors_load_the_page_by_name_at_the_address_given_and_every_request_is_counted() throws Exception {
        serve(HttpServer.create(loopback(), 0), 200);
        int exit = load(
                "http://hello.localhost:%d/",
                "--users", "2", "--resolve", "hello.localhost:%d:127.0.0.1", "--gate", "errors<1,p99<10s,requests>0");
        assertThat(exit).as(out + "" + err).isZero();
        assertThat(hosts).containsExactly("hello.localhost:" + port());
        assertThat(out.toString())
                .contains("requests  %,d in".formatted(asked.get()))
                .contains("errors    0 (0.00%)")
                .contains("gate      p99<10s  held");
    }

    @Test
    void a_gate_that_fails_makes_the_exit_code_1_and_the_summary_says_why() throws Exception {
        serve(HttpServer.create(loopback(), 0), 503);
        assertThat(load("http://127.0.0.1:%d/", "--rate", "50", "--gate", "errors<0.1%%"))
                .isEqualTo(1);
        assertThat(out.toString())
                .contains("errors<0.1%  FAILED: it was 100.00%")
                .contains("× status 503");
    }

    @Test
    void a_certificate_is_trusted_when_its_root_is_given(@TempDir Path directory) throws Exception {
        Path root = serveTls(directory);
        assertThat(load(
                        "https://localhost:%d/",
                        "--users",
                        "1",
                        "--resolve",
                        "localhost:%d:127.0.0.1",
                        "--cacert",
                        root.toString(),
                        "--gate",
                        "errors<1"))
                .as(out + "" + err)
                .isZero();
    }

    @Test
    void a_certificate_of_an_unknown_root_is_an_error(@TempDir Path directory) throws Exception {
        serveTls(directory);
        assertThat(load(
                        "https://localhost:%d/",
                        "--rate", "20", "--resolve", "localhost:%d:127.0.0.1", "--gate", "errors<1"))
                .isEqualTo(1);
        assertThat(asked.get()).isZero();
    }

    @Test
    void without_gates_a_run_that_nobody_answers_fails() throws Exception {
        serve(HttpServer.create(loopback(), 0), 200);
        int closed = port();
        server.stop(0);
        assertThat(run(
                        "run",
                        "browse",
                        "--target",
                        "http://127.0.0.1:" + closed,
                        "--rate",
                        "20",
                        "--duration",
                        "200ms",
                        "--warm-up",
                        "0s"))
                .isEqualTo(1);
        assertThat(out.toString()).contains("Connection refused");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run browse|Missing required option: '--target=URL'",
                "run brows --target http://x/|the one there is: browse",
                "run browse --target ftp://x/|is not an http or https URL; write --target http://127.0.0.1:8080/",
                "run browse --target http://x/ --gate p99<5|write \"p99<5ms\" if you mean milliseconds",
                "run browse --target http://x/ --duration 5|is not a time; write a whole number and ms, s, m or h",
                "run browse --target http://x/ --duration 0s|would measure nothing",
                "run browse --target http://x/ --rate -1|whole numbers above 0",
                "run browse --target http://x/ --resolve y:80:127.0.0.1|write --resolve x:80:ADDRESS",
                "run browse --target https://x/ --resolve x:80:127.0.0.1|write --resolve x:443:ADDRESS",
                "run browse --target https://x/ --resolve x:443:here|write --resolve x:443:ADDRESS",
                "run browse --target https://x/ --cacert /nowhere/root.pem|does not exist or cannot be read",
                "run browse --target https://x/ --usrs 5|Unknown option",
                "|say what to do",
            })
    void a_wrong_command_line_exits_with_2_and_one_sentence_that_mends_it(String wordsAndMend) {
        String[] parts = wordsAndMend.split("\\|");
        assertThat(run(parts[0].isEmpty() ? new String[0] : parts[0].split(" ")))
                .isEqualTo(2);
        assertThat(err.toString()).contains(parts[1]).doesNotContain("\tat ");
        assertThat(out.toString()).isEmpty();
    }

    private int load(String target, String... options) {
        String[] words = new String[options.length + 8];
        String[] begin = {"run", "browse", "--duration", "400ms", "--warm-up", "0s", "--target", target};
        System.arraycopy(begin, 0, words, 0, begin.length);
        System.arraycopy(options, 0, words, begin.length, options.length);
        for (int i = 0; i < words.length; i++)
            words[i] = words[i].contains("%") ? words[i].formatted(port()) : words[i];
        return run(words);
    }

    private int run(String... words) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), words);
    }

    private int port() {
        return server.getAddress().getPort();
    }

    private static InetSocketAddress loopback() throws Exception {
        return new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0);
    }

    private void serve(HttpServer http, int status) {
        server = http;
        http.createContext("/", exchange -> {
            asked.incrementAndGet();
            hosts.add(exchange.getRequestHeaders().getFirst("Host"));
            byte[] body = "hello".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        http.start();
    }

    private Path serveTls(Path directory) throws Exception {
        X509Bundle bundle = new CertificateBuilder()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        KeyManagerFactory keys = bundle.toKeyManagerFactory();
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), null, null);
        HttpsServer https = HttpsServer.create(loopback(), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(tls));
        serve(https, 200);
        return Files.writeString(directory.resolve("root.pem"), bundle.getCertificatePEM());
    }
}
