package dev.sixgate.mesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.crypto.JdkAead;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerScheduleTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void it_wakes_the_peers_a_search_through_all_deadlines_would(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        PeerSchedule schedule = new PeerSchedule();
        List<PeerSchedule.Slot> slots = new ArrayList<>();
        for (int i = 0; i < 60; i++) slots.add(new PeerSchedule.Slot(peer(random, i)));
        Map<WireGuardPeer, Long> model = new LinkedHashMap<>();
        for (int step = 0; step < 5000; step++) {
            PeerSchedule.Slot slot = slots.get(random.nextInt(slots.size()));
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    long deadline = random.nextLong(1_000_000);
                    schedule.wakeBy(slot, deadline);
                    model.merge(slot.peer, deadline, Math::min);
                }
                case 2 -> {
                    schedule.remove(slot);
                    model.remove(slot.peer);
                }
                default -> {
                    long now = random.nextLong(100_000);
                    WireGuardPeer due = schedule.pollDue(now);
                    if (due == null) {
                        assertThat(model.values()).noneMatch(deadline -> deadline <= now);
                    } else {
                        assertThat(model.get(due))
                                .isLessThanOrEqualTo(now)
                                .isEqualTo(model.values().stream()
                                        .min(Long::compare)
                                        .orElseThrow());
                        model.remove(due);
                    }
                }
            }
            assertThat(schedule.next())
                    .isEqualTo(model.values().stream().min(Long::compare).orElse(WireGuard.NEVER));
        }
    }

    private static WireGuardPeer peer(SplittableRandom random, int index) {
        Device device = new Device(
                LocalStatic.of(PrivateKey.of(new byte[32])),
                new JdkAead(),
                random,
                InstantSource.system(),
                UnpooledByteBufAllocator.DEFAULT);
        byte[] key = new byte[32];
        key[0] = (byte) index;
        PeerConfig config = new PeerConfig(
                "peer " + index, PublicKey.of(key), null, null, List.of(Ipv6Prefix.parse("fdaa::/16")), Duration.ZERO);
        return new WireGuardPeer(device, new Handshakes(device), config, 0);
    }
}
