package dev.sixgate.anycast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.anycast.AnycastPlan.Bfd;
import dev.sixgate.anycast.AnycastPlan.Community;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each plan in each state as each daemon reads it: as the golden file has it ({@code -Dsixgate.golden.rewrite=true} writes it anew), and
 * without a complaint by the daemon's own parser where that is installed.
 */
class RendererTest {
    private static final Path GOLDEN =
            Path.of(System.getProperty("sixgate.root", ".."), "anycast-config/src/test/resources/golden");
    private static final boolean CI = "true".equals(System.getenv("CI"));

    @TempDir
    Path directory;

    private static InetAddress ip(String text) {
        return InetAddress.ofLiteral(text);
    }

    private static Prefix prefix(String text) {
        int slash = text.indexOf('/');
        return new Prefix(ip(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
    }

    static final AnycastPlan SMALL = new AnycastPlan(
            "lab",
            64512,
            ip("192.0.2.10"),
            List.of(prefix("203.0.113.0/24")),
            List.of(new Neighbor(
                    ip("192.0.2.1"),
                    ip("192.0.2.10"),
                    64500,
                    null,
                    null,
                    null,
                    List.of(),
                    0,
                    0,
                    Set.of(Family.IPV4),
                    179,
                    0)),
            2);

    private static AnycastPlan large(Set<Family> families) {
        return new AnycastPlan(
                "fra-1",
                4_200_000_001L,
                ip("192.0.2.10"),
                List.of(prefix("203.0.113.0/24"), prefix("198.51.100.0/24"), prefix("2001:db8:10::/48")),
                List.of(
                        new Neighbor(
                                ip("192.0.2.1"),
                                ip("192.0.2.10"),
                                64500,
                                "s3cret",
                                new Bfd(100, 3),
                                10L,
                                List.of(new Community(64500, 100), new Community(64500, 7)),
                                1,
                                4,
                                families,
                                179,
                                0),
                        new Neighbor(
                                ip("2001:db8:ffff::1"),
                                ip("2001:db8:ffff::2"),
                                64501,
                                null,
                                null,
                                null,
                                List.of(),
                                0,
                                0,
                                Set.of(Family.IPV6),
                                1179,
                                9)),
                2);
    }

    static final AnycastPlan LARGE = large(Set.of(Family.IPV4));
    static final AnycastPlan BOTH_FAMILIES = large(Set.of(Family.IPV4, Family.IPV6));

    static Stream<Arguments> all() {
        List<Arguments> all = new ArrayList<>();
        for (Renderer renderer : Renderer.values())
            for (SiteState state : SiteState.values()) {
                all.add(Arguments.of(renderer, state, "small", SMALL));
                all.add(Arguments.of(renderer, state, "large", LARGE));
                if (renderer != Renderer.EXABGP) all.add(Arguments.of(renderer, state, "both", BOTH_FAMILIES));
            }
        return all.stream();
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("all")
    void the_text_is_the_golden_one_and_the_daemon_takes_it(
            Renderer renderer, SiteState state, String name, AnycastPlan plan) throws Exception {
        String text = renderer.render(plan, state);
        Path golden = GOLDEN.resolve((renderer + "-" + name + "-" + state + ".conf").toLowerCase(Locale.ROOT));
        if (Boolean.getBoolean("sixgate.golden.rewrite")) {
            Files.createDirectories(GOLDEN);
            Files.writeString(golden, text);
        }
        assertThat(text).isEqualTo(Files.readString(golden));
        Path file = Files.writeString(directory.resolve("daemon.conf"), text);
        parse(
                switch (renderer) {
                    case BIRD -> List.of("bird", "-p", "-c", file.toString());
                    case FRR -> List.of("vtysh", "-C", "-f", file.toString());
                    case EXABGP -> List.of("exabgp", "--validate", file.toString());
                    case GOBGP -> List.of("gobgpd", "--dry-run", "-f", file.toString());
                });
    }

    private void parse(List<String> command) throws Exception {
        boolean installed = Stream.of("/usr/sbin", "/usr/bin")
                .anyMatch(each -> Files.isExecutable(Path.of(each, command.getFirst())));
        if (!installed) {
            assertThat(CI).as(command.getFirst() + " is installed in CI").isFalse();
            Assumptions.abort("the text is as it was; install bird2, frr, exabgp and gobgpd to have daemons read it");
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("exabgp.daemon.user", "root");
        builder.environment().put("exabgp.api.cli", "false");
        Path output = directory.resolve("output");
        Process parser = builder.redirectOutput(output.toFile()).start();
        assertThat(parser.waitFor(30, TimeUnit.SECONDS)).isTrue();
        String said = Files.readString(output);
        assertThat(parser.exitValue()).as(said).isZero();
        assertThat(said.toLowerCase(Locale.ROOT)).doesNotContain("syntax error", "unknown command", "failed to parse");
    }

    @Test
    void exabgp_needs_to_know_where_its_sessions_leave_from() throws Exception {
        Neighbor nowhere = new Neighbor(
                ip("192.0.2.1"), null, 64500, null, null, null, List.of(), 0, 0, Set.of(Family.IPV4), 179, 0);
        AnycastPlan plan = new AnycastPlan("lab", 64512, ip("192.0.2.10"), SMALL.announce(), List.of(nowhere), 2);
        assertThatThrownBy(() -> Renderer.EXABGP.render(plan, SiteState.ABLE))
                .hasMessageContaining("\"local_address\"");
        assertThat(Renderer.BIRD.render(plan, SiteState.ABLE)).contains("local as 64512;");
        assertThatThrownBy(() -> Renderer.EXABGP.render(BOTH_FAMILIES, SiteState.ABLE))
                .hasMessageContaining("\"multiprotocol\"");
    }

    @Test
    void a_prefix_has_no_bits_behind_its_length() {
        assertThatThrownBy(() -> prefix("203.0.113.1/24")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> prefix("203.0.113.0/33")).isInstanceOf(IllegalArgumentException.class);
        assertThat(prefix("2001:db8:10::/48").contains(ip("2001:db8:10:ffff::1")))
                .isTrue();
        assertThat(prefix("2001:db8:10::/48").contains(ip("2001:db8:11::1"))).isFalse();
        assertThat(prefix("203.0.113.0/24").contains(ip("2001:db8::1"))).isFalse();
        assertThat(Prefix.of(ip("203.0.113.77"), 24)).isEqualTo(prefix("203.0.113.0/24"));
        assertThat(prefix("2001:db8:0:0:1::/80").toString()).isEqualTo("2001:db8:0:0:1::/80");
    }
}
