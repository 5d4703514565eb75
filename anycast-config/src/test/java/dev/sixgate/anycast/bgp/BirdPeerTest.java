package dev.sixgate.anycast.bgp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.anycast.AnycastPlan;
import dev.sixgate.anycast.AnycastPlan.Community;
import dev.sixgate.anycast.AnycastPlan.Family;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import dev.sixgate.anycast.Prefix;
import dev.sixgate.anycast.SiteState;
import dev.sixgate.anycast.bgp.BgpSession.State;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What BIRD makes of what a {@link BgpSession} tells it, over loopback; skipped where BIRD is not installed, except under CI. */
class BirdPeerTest {
    private static final String DAEMON = "/usr/sbin/bird";
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final Neighbor NEIGHBOR = new Neighbor(
            InetAddress.getLoopbackAddress(),
            null,
            64500,
            null,
            null,
            10L,
            List.of(new Community(64500, 100)),
            0,
            0,
            Set.of(Family.IPV4, Family.IPV6),
            179,
            0);
    private static final AnycastPlan PLAN = new AnycastPlan(
            "fra1",
            4_200_000_000L,
            InetAddress.ofLiteral("192.0.2.2"),
            List.of(
                    new Prefix(InetAddress.ofLiteral("203.0.113.0"), 24),
                    new Prefix(InetAddress.ofLiteral("2001:db8:10::"), 48)),
            List.of(NEIGHBOR),
            2);

    private static final int DRAIN_PATH = 1 + AnycastPlan.DRAIN_PREPEND;

    @TempDir
    Path directory;

    private Process bird;
    private Socket socket;
    private BgpSession session;

    @BeforeEach
    void start_bird_and_connect() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of(DAEMON)) || "true".equals(System.getenv("CI")), "no BIRD");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path config = Files.writeString(directory.resolve("bird.conf"), """
            router id 198.51.100.1;
            protocol device {}
            protocol bgp edge {
              local 127.0.0.1 port %d as 64500;
              neighbor 127.0.0.1 as 4200000000;
              strict bind; passive; multihop;
              ipv4 { import all; export none; import table; };
              ipv6 { import all; export none; import table; };
            }
            """.formatted(port));
        bird = new ProcessBuilder(
                        DAEMON,
                        "-f",
                        "-c",
                        config.toString(),
                        "-s",
                        control(),
                        "-P",
                        directory.resolve("pid").toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        session = new BgpSession(
                new SessionSettings(
                        PLAN.localAs(),
                        (Inet4Address) PLAN.routerId(),
                        64500,
                        30,
                        (Inet4Address) InetAddress.ofLiteral("192.0.2.2"),
                        (Inet6Address) InetAddress.ofLiteral("2001:db8:ffff::2")),
                new Random(),
                System.nanoTime());
        tell(SiteState.ABLE);
        session.onTimeout(System.nanoTime());
        socket = connected(port);
        socket.setSoTimeout(20);
        session.onConnected(System.nanoTime());
        drive(() -> session.state() == State.ESTABLISHED);
    }

    private Socket connected(int port) throws Exception {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            Socket next = new Socket();
            try {
                next.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                return next;
            } catch (IOException e) {
                next.close();
                if (System.nanoTime() > end || bird.waitFor(20, TimeUnit.MILLISECONDS))
                    throw new AssertionError(Files.readString(directory.resolve("log")), e);
            }
        }
    }

    @AfterEach
    void stop_bird() throws Exception {
        if (socket != null) socket.close();
        if (bird != null) bird.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }

    private String control() {
        return directory.resolve("ctl").toString();
    }

    private void tell(SiteState state) {
        session.announce(Announcement.of(PLAN, NEIGHBOR, state));
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    /** Carries bytes both ways until {@code condition} holds. */
    private void drive(Condition condition) throws Exception {
        byte[] buffer = new byte[4096];
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            for (ByteBuffer next = session.pollBytes(); next != null; next = session.pollBytes())
                socket.getOutputStream().write(next.array(), next.arrayOffset() + next.position(), next.remaining());
            if (condition.holds()) return;
            if (System.nanoTime() > end) throw new AssertionError(session.state() + ": " + routes());
            try {
                int read = socket.getInputStream().read(buffer);
                if (read > 0) session.onBytes(ByteBuffer.wrap(buffer, 0, read), System.nanoTime());
                else session.onClosed(System.nanoTime());
            } catch (SocketTimeoutException e) {
                session.onTimeout(System.nanoTime());
            }
        }
    }

    private String ask(String... words) throws Exception {
        String[] command = new String[words.length + 3];
        command[0] = "/usr/sbin/birdc";
        command[1] = "-s";
        command[2] = control();
        System.arraycopy(words, 0, command, 3, words.length);
        Process asked = new ProcessBuilder(command).redirectErrorStream(true).start();
        asked.getOutputStream().close();
        String answer = new String(asked.getInputStream().readAllBytes());
        asked.waitFor();
        return answer;
    }

    private String routes() throws Exception {
        return ask("show", "route", "all", "import", "table", "edge.ipv4")
                + ask("show", "route", "all", "import", "table", "edge.ipv6");
    }

    private String routesWhen(Predicate<String> condition) throws Exception {
        drive(() -> condition.test(routes()));
        return routes();
    }

    private static boolean hasBoth(String routes) {
        return routes.contains("203.0.113.0/24") && routes.contains("2001:db8:10::/48");
    }

    private static int count(String text, String part) {
        return text.split(part, -1).length - 1;
    }

    /** How often our AS stands in the paths; BIRD repeats the last one in brackets. */
    private static int inPaths(String routes) {
        return count(routes.replaceAll("\\[AS\\d+\\w?]", ""), "4200000000");
    }

    @Test
    void bird_learns_drains_and_forgets_both_families_by_one_session() throws Exception {
        String able = routesWhen(BirdPeerTest::hasBoth);
        assertThat(able).contains("BGP.next_hop: 192.0.2.2").contains("BGP.next_hop: 2001:db8:ffff::2");
        assertThat(count(able, "BGP.med: 10\n")).isEqualTo(2);
        assertThat(count(able, "\\(64500,100\\)")).isEqualTo(2);
        assertThat(inPaths(able)).as("once in each path").isEqualTo(2);

        tell(SiteState.DRAINING);
        String draining = routesWhen(text -> count(text, "\\(65535,0\\)") == 2);
        assertThat(inPaths(draining)).isEqualTo(2 * DRAIN_PATH);

        tell(SiteState.WITHDRAWN);
        routesWhen(text -> !text.contains("203.0.113.0") && !text.contains("2001:db8:10::"));
        assertThat(session.state()).isEqualTo(State.ESTABLISHED);
        assertThat(Files.readString(directory.resolve("log"))).doesNotContain("Invalid", "error");
    }

    @Test
    void a_limited_site_has_a_longer_path_by_a_session_with_both_capabilities() throws Exception {
        routesWhen(BirdPeerTest::hasBoth);
        assertThat(ask("show", "protocols", "all", "edge"))
                .contains("Route refresh")
                .contains("4-octet AS numbers");
        tell(SiteState.LIMITED);
        routesWhen(text -> inPaths(text) == 6);
    }

    @Test
    void a_connection_that_ends_without_a_word_takes_the_routes_along() throws Exception {
        routesWhen(BirdPeerTest::hasBoth);
        socket.setSoLinger(true, 0);
        socket.close();
        long end = System.nanoTime() + PATIENCE_NANOS;
        String left = routes();
        while (left.contains("203.0.113.0") || left.contains("2001:db8:10::")) {
            assertThat(System.nanoTime()).as(left).isLessThan(end);
            left = routes();
        }
    }

    @Test
    void bird_is_told_why_a_session_is_shut_down() throws Exception {
        session.shutdown("moving racks", System.nanoTime());
        drive(() -> (Files.readString(directory.resolve("log")) + ask("show", "protocols", "all", "edge"))
                .contains("moving racks"));
        assertThat(session.nextTimeout()).isEqualTo(BgpSession.NEVER);
    }
}
