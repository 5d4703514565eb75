package dev.sixgate.edge.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A public request reaches nginx behind wireguard-go through an edge that is nobody. */
class PublicRequestIT {
    /** The body of the transfer tests; the issue's own size in CI, a quick one elsewhere. */
    private static final long BIG_BYTES =
            Long.getLong("sixgate.it.bytes", "true".equals(System.getenv("CI")) ? 1L << 30 : 64L << 20);

    private static Lab lab;
    private static StockNode node;
    private static EdgeProcess edge;

    @BeforeAll
    static void start() {
        RealPeers.require(
                "wireguard-go",
                "wg:wireguard-tools",
                "nginx",
                "curl",
                "ip:iproute2",
                "setpriv:util-linux",
                "openssl",
                "tshark",
                "nft:nftables",
                "iperf3",
                "dig:bind9-dnsutils",
                "kdig:knot-dnsutils");
        lab = new Lab();
        node = new StockNode(lab);
        node.peer(EdgeProcess.PUBLIC_KEY, "allowed-ips", EdgeProcess.MESH_ADDRESS + "/128");
        node.startNginx(BIG_BYTES);
        edge = new EdgeProcess(lab, node.publicKey(), "10.98.0.2:51820");
    }

    @AfterAll
    static void stop() {
        if (lab != null) lab.close();
    }

    @ParameterizedTest
    @CsvSource({
        "http://10.99.0.2:8080/, '', 1.1",
        "http://[2001:db8:99::2]:8080/, '', 1.1",
        "https://10.99.0.2:8443/, --http1.1, 1.1",
        "https://[2001:db8:99::2]:8443/, --http2, 2",
        "https://10.99.0.2:8443/, --http2, 2",
        "http://10.99.0.2:9001/, '', 1.1",
        "http://[2001:db8:99::2]:9001/, '', 1.1"
    })
    void a_client_of_either_family_is_answered_by_nginx_which_sees_the_edges_mesh_address(
            String url, String option, String version) {
        String printed = option.isEmpty()
                ? lab.run(Lab.CLIENT, "curl", "-gskS", "-m", "20", "-w", "%{http_code} %{http_version}", url)
                : lab.run(Lab.CLIENT, "curl", "-gskS", "-m", "20", option, "-w", "%{http_code} %{http_version}", url);
        assertThat(printed).isEqualTo("hello from nginx\n200 " + version);
        assertThat(node.accessLog().lines().toList().getLast())
                .startsWith(EdgeProcess.MESH_ADDRESS + " " + StockNode.ADDRESS + ":8080 ")
                .endsWith(
                        url.contains(":9001")
                                ? "\"-\""
                                : url.contains("2001:") ? "\"2001:db8:99::1\"" : "\"10.99.0.1\"");
    }

    @Test
    void a_large_body_comes_down_whole() {
        assertThat(sum(Lab.CLIENT, "curl -sS -m 460 http://10.99.0.2:8080/big | sha256sum"))
                .isEqualTo(sum(Lab.NODE, "sha256sum < " + node.root().resolve("big")));
    }

    @Test
    void a_large_body_goes_up_whole() {
        Path big = node.root().resolve("big");
        lab.run(
                Lab.CLIENT,
                "curl",
                "-sSf",
                "-m",
                "460",
                "-H",
                "Expect:",
                "-T",
                big.toString(),
                "http://10.99.0.2:8080/up/big");
        assertThat(sum(Lab.NODE, "sha256sum < " + node.root().resolve("up/big")))
                .isEqualTo(sum(Lab.NODE, "sha256sum < " + big));
    }

    @Test
    void large_bodies_pass_tls_and_h2_both_ways() {
        lab.run(
                Lab.CLIENT,
                "sh",
                "-c",
                "head -c 33554433 " + node.root().resolve("big") + " > " + lab.directory.resolve("32m"));
        String part = lab.directory.resolve("32m").toString();
        lab.run(Lab.CLIENT, "curl", "-sSfk", "--http2", "-m", "120", "-T", part, "https://10.99.0.2:8443/up/h2");
        assertThat(sum(Lab.CLIENT, "curl -sSfk --http2 -m 120 https://10.99.0.2:8443/up/h2 | sha256sum"))
                .isEqualTo(sum(Lab.CLIENT, "sha256sum < " + part));
    }

    private static String sum(String host, String pipeline) {
        return lab.run(host, "sh", "-c", pipeline);
    }

    /** Port 53 inside the mesh is nobody's privilege. */
    @Test
    void names_are_answered_inside_the_mesh() {
        // The node learns from the edge's first packet where it is.
        lab.run(Lab.CLIENT, "curl", "-sS", "-m", "20", "-o", "/dev/null", "http://10.99.0.2:8080/1k");
        String at = "@" + EdgeProcess.MESH_ADDRESS;
        assertThat(lab.run(Lab.NODE, "dig", at, "+short", "web.internal", "AAAA"))
                .isEqualTo(StockNode.ADDRESS + "\n");
        assertThat(lab.run(Lab.NODE, "dig", at, "+tcp", "nginx.vm.web.internal", "AAAA"))
                .contains("status: NOERROR", StockNode.ADDRESS);
        assertThat(lab.run(Lab.NODE, "kdig", at, "web.internal", "A")).contains("NOERROR", "ANSWER: 0");
        assertThat(lab.run(Lab.NODE, "kdig", at, "example.com", "AAAA")).contains("REFUSED");
    }

    @Test
    void the_edge_has_no_privilege_no_device_and_no_rule_in_the_kernel() throws Exception {
        assertThat(Files.readString(Path.of("/proc/" + edge.pid() + "/status")))
                .contains("Uid:\t65534\t65534\t65534\t65534")
                .contains("CapEff:\t0000000000000000")
                .contains("CapBnd:\t0000000000000000");
        assertThat(lab.run(Lab.EDGE, "ip", "-o", "link"))
                .doesNotContain("tun", "wg")
                .hasLineCount(3);
        assertThat(lab.run(Lab.EDGE, "nft", "list", "ruleset")).isEmpty();
    }

    @Test
    void the_link_shows_wireguard_only_and_decodes_with_the_key_log() throws Exception {
        // A new session, so that its handshake is in the capture.
        Path capture = lab.directory.resolve("link.pcap");
        lab.run(Lab.EDGE, "touch", capture.toString());
        lab.run(Lab.EDGE, "chmod", "a+rw", capture.toString());
        Process dump = lab.start(
                Lab.EDGE,
                lab.directory.resolve("tshark.log"),
                "tshark",
                "-q",
                "-F",
                "pcap",
                "-i",
                lab.networkInterface(Lab.EDGE, Lab.NODE),
                "-w",
                capture.toString());
        Lab.await(
                "tshark captures",
                Duration.ofSeconds(30),
                () -> Lab.read(lab.directory.resolve("tshark.log")).contains("Capturing on"));
        node.kill();
        node.restart();
        node.peer(
                EdgeProcess.PUBLIC_KEY,
                "allowed-ips",
                EdgeProcess.MESH_ADDRESS + "/128",
                "endpoint",
                "10.98.0.1:51820",
                "persistent-keepalive",
                "1");
        Lab.await(
                "a new handshake",
                Duration.ofSeconds(30),
                () -> !node.show("latest-handshakes").trim().endsWith("\t0"));
        String marker = "marker-" + System.nanoTime() + "-seen-by-nobody";
        lab.run(
                Lab.CLIENT,
                "curl",
                "-sS",
                "-m",
                "20",
                "-o",
                "/dev/null",
                "-H",
                "x-marker: " + marker,
                "http://10.99.0.2:8080/1k");
        Lab.await(
                "the request is captured and decodes",
                Duration.ofSeconds(20),
                () -> decoded(capture, "http.request").contains(marker));
        dump.destroy();
        dump.waitFor();

        assertThat(new String(Files.readAllBytes(capture), StandardCharsets.ISO_8859_1))
                .doesNotContain(marker);
        assertThat(decoded(capture, "udp and not wg")).isEmpty();
        assertThat(decoded(capture, "wg.handshake_ok == 0")).isEmpty();
        assertThat(decoded(capture, "tcp.checksum.status == 0 or tcp.analysis.zero_window"))
                .isEmpty();
    }

    private static String decoded(Path capture, String filter) {
        return lab.attempt(
                        Lab.EDGE,
                        "sh",
                        "-c",
                        "tshark -r " + capture + " -o wg.keylog_file:" + edge.keyLog()
                                + " -o tcp.check_checksum:TRUE -Y '" + filter
                                + "' -T fields -e frame.number -e http.request.line 2>/dev/null")
                .output();
    }

    @Test
    void explain_tells_the_whole_story_of_a_request() {
        String id = lab.run(
                Lab.CLIENT,
                "curl",
                "-sS",
                "-m",
                "20",
                "-o",
                "/dev/null",
                "-w",
                "%header{sixgate-request-id}",
                "http://10.99.0.2:8080/missing-page");
        assertThat(id).matches("[0-9a-f]{16}");
        assertThat(node.accessLog()).contains("\"GET /missing-page HTTP/1.1\" 404");
        assertThat(edge.command("mesh", "status")).contains("node", "10.98.0.2:51820");
        assertThat(edge.log()).contains("\"id\":\"" + id + "\"");
    }

    @Test
    void bad_input_from_the_internet_disturbs_nobody() {
        for (List<String> bad : List.of(
                List.of("-H", "x-big: " + "a".repeat(100_000), "http://10.99.0.2:8080/", "431"),
                List.of("-H", "content-length: 1", "-H", "content-length: 2", "http://10.99.0.2:8080/", "400"))) {
            List<String> words =
                    new ArrayList<>(List.of("curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"));
            words.addAll(bad.subList(0, bad.size() - 1));
            assertThat(lab.attempt(Lab.CLIENT, words.toArray(String[]::new)).output())
                    .endsWith(bad.getLast());
        }
        lab.run(
                Lab.NODE,
                "bash",
                "-c",
                "for i in $(seq 200); do head -c $((i * 7 % 1400 + 1)) /dev/urandom > /dev/udp/10.98.0.1/51820; done"
                        + " 2>/dev/null || true");
        assertThat(lab.run(Lab.CLIENT, "curl", "-sS", "-m", "20", "http://10.99.0.2:8080/"))
                .isEqualTo("hello from nginx\n");
    }
}
