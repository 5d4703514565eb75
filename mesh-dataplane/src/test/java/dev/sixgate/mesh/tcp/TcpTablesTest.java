package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The tables of a stack against naive models: connections, TIME-WAIT, deadlines, ports. */
class TcpTablesTest {
    private static final Ipv6Address LOCAL = Ipv6Address.parse("fdaa::1");
    private static final Ipv6Address REMOTE = Ipv6Address.parse("fdaa::2");
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
    private final TcpStack stack = new TcpStack(1420, new Random(7), allocator, 0);

    @Test
    void connections_are_found_after_many_additions_and_removals() {
        var random = new Random(1);
        var table = new ConnectionTable(random);
        Map<Integer, TcpConnection> model = new LinkedHashMap<>();
        for (int i = 0; i < 5000; i++) {
            int port = random.nextInt(1, 600);
            TcpConnection there = model.remove(port);
            if (there != null) {
                table.remove(there);
            } else {
                TcpConnection added = connection(port, 80);
                table.add(added);
                model.put(port, added);
            }
            int probe = random.nextInt(1, 600);
            assertThat(find(table, probe)).isSameAs(model.get(probe));
            assertThat(table.size()).isEqualTo(model.size());
        }
        for (int port = 1; port < 600; port++) assertThat(find(table, port)).isSameAs(model.get(port));
    }

    private static TcpConnection find(ConnectionTable table, int port) {
        return table.find(LOCAL.high(), LOCAL.low(), port, REMOTE.high(), REMOTE.low(), 80);
    }

    @Test
    void TIME_WAIT_is_found_removed_and_expires_oldest_first() {
        var random = new Random(2);
        var table = new TimeWaitTable(new ConnectionTable(random), 256);
        Map<Integer, Long> model = new LinkedHashMap<>(); // port to time of expiry, oldest first
        long now = 0;
        for (int i = 0; i < 5000; i++) {
            now += random.nextLong(1_000_000_000L);
            int port = random.nextInt(1, 200);
            int slot = find(table, port);
            assertThat(slot >= 0).as("port " + port + " at step " + i).isEqualTo(model.containsKey(port));
            if (slot < 0) {
                table.add(connection(port, 80), port + 1, port + 2, port + 3, new Timestamps(port + 4), now);
                model.put(port, now + TimeWaitTable.TIME_WAIT_NANOS);
            } else {
                assertThat(table.receiveNext(slot)).isEqualTo(port + 1);
                assertThat(table.sendNext(slot)).isEqualTo(port + 2);
                assertThat(table.window(slot)).isEqualTo(port + 3);
                assertThat(table.timestampOffset(slot)).isEqualTo(port + 4);
                assertThat(table.hasTimestamps(slot)).isFalse();
                if (random.nextBoolean()) {
                    table.remove(slot);
                    model.remove(port);
                }
            }
            table.onTimeout(now);
            long until = now;
            model.values().removeIf(expiry -> expiry <= until);
            assertThat(table.size()).isEqualTo(model.size());
            long next =
                    model.isEmpty() ? TcpStack.NEVER : model.values().iterator().next();
            assertThat(table.nextTimeout()).isEqualTo(next);
        }
    }

    private static int find(TimeWaitTable table, int port) {
        return table.find(LOCAL.high(), LOCAL.low(), port, REMOTE.high(), REMOTE.low(), 80);
    }

    @Test
    void a_full_TIME_WAIT_table_forgets_the_oldest() {
        var table = new TimeWaitTable(new ConnectionTable(new Random(3)), 128);
        for (int port = 1; port <= 300; port++) table.add(connection(port, 80), 1, 2, 3, new Timestamps(0), port);
        assertThat(table.size()).isEqualTo(128);
        assertThat(find(table, 172)).isNegative();
        assertThat(find(table, 173)).isNotNegative();
        assertThat(find(table, 300)).isNotNegative();
    }

    @Test
    void deadlines_come_in_order_though_they_move() {
        var random = new Random(4);
        var heap = new DeadlineHeap();
        List<Alarm> alarms = new ArrayList<>();
        for (int i = 0; i < 500; i++) alarms.add(new Alarm());
        long now = 0;
        for (int step = 0; step < 5000; step++) {
            Alarm alarm = alarms.get(random.nextInt(alarms.size()));
            alarm.at = random.nextInt(5) == 0 ? TcpStack.NEVER : now + random.nextInt(1000);
            heap.update(alarm);
            if (random.nextInt(20) == 0) {
                alarm.at = TcpStack.NEVER;
                heap.remove(alarm);
            }
            now += random.nextInt(3);
            long earliest = alarms.stream().mapToLong(each -> each.at).min().orElseThrow();
            assertThat(heap.next()).isEqualTo(earliest);
            for (var due = heap.pollDue(now); due != null; due = heap.pollDue(now)) {
                assertThat(due.deadline()).isLessThanOrEqualTo(now);
                ((Alarm) due).at = TcpStack.NEVER;
            }
            for (Alarm each : alarms) assertThat(each.at).isGreaterThan(now);
        }
    }

    private static final class Alarm extends DeadlineHeap.Entry {
        long at = TcpStack.NEVER;

        @Override
        long deadline() {
            return at;
        }
    }

    @Test
    void ten_thousand_connections_have_their_timers_and_events() throws BindException {
        var options = new TcpOptions(1 << 16, 1 << 16, Duration.ofSeconds(10), Duration.ZERO, true);
        for (int i = 0; i < 10_000; i++) stack.connect(LOCAL, 0, REMOTE, 80, options, i * 1000L);
        assertThat(stack.connectionCount()).isEqualTo(10_000);
        stack.onTimeout(10_000_000_000L);
        assertThat(stack.connectionCount()).isEqualTo(9999);
        stack.onTimeout(stack.nextTimeout());
        assertThat(stack.connectionCount()).isEqualTo(9998);
        stack.onTimeout(20_000_000_000L);
        assertThat(stack.connectionCount()).isZero();
        int ended = 0;
        for (var c = stack.pollReady(); c != null; c = stack.pollReady())
            ended += c.takeReadiness() / TcpConnection.CLOSED;
        assertThat(ended).isEqualTo(10_000);
        assertThat(stack.nextTimeout()).isEqualTo(TcpStack.NEVER);
    }

    @Test // RFC 6056 §3.3.4
    void ephemeral_ports_do_not_repeat_soon_and_are_not_in_sequence_across_remotes() {
        var ports = new EphemeralPorts(new Random(5));
        List<Integer> chosen = new ArrayList<>();
        for (int i = 0; i < 1000; i++) chosen.add(ports.choose(LOCAL, REMOTE, 80, port -> true));
        assertThat(new TreeSet<>(chosen)).hasSize(1000);
        assertThat(Collections.min(chosen)).isGreaterThanOrEqualTo(EphemeralPorts.FIRST);
        assertThat(Collections.max(chosen)).isLessThanOrEqualTo(EphemeralPorts.LAST);
        int other = ports.choose(LOCAL, REMOTE, 81, port -> true);
        int another = ports.choose(LOCAL, REMOTE, 82, port -> true);
        assertThat(Math.abs(other - another)).isGreaterThan(1);
        assertThat(Math.abs(other - chosen.getFirst())).isGreaterThan(1);
    }

    @Test
    void the_only_free_ephemeral_port_is_found() {
        var ports = new EphemeralPorts(new Random(6));
        assertThat(ports.choose(LOCAL, REMOTE, 80, port -> port == 33_333)).isEqualTo(33_333);
        assertThat(ports.choose(LOCAL, REMOTE, 80, port -> false)).isEqualTo(EphemeralPorts.NONE);
    }

    @Test
    void connect_avoids_ports_that_are_listened_on() throws BindException {
        for (int i = 0; i < 200; i++) stack.listen(LOCAL, 0, 1, TcpOptions.DEFAULT);
        var ports = new TreeSet<Integer>();
        for (int i = 0; i < 200; i++)
            ports.add(stack.connect(LOCAL, 0, REMOTE, 80, TcpOptions.DEFAULT, 0).localPort());
        assertThat(ports).hasSize(200);
    }

    private TcpConnection connection(int localPort, int remotePort) {
        return new TcpConnection(stack, LOCAL, localPort, REMOTE, remotePort, TcpOptions.DEFAULT, null, 0, 0, 0);
    }
}
