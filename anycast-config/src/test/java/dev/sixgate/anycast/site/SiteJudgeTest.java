package dev.sixgate.anycast.site;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.anycast.SiteState;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SiteJudgeTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final SiteView view = new SiteView(List.of("ams", "iad"));
    private long now = 5 * SECOND;
    private SiteJudge judge = new SiteJudge(settings(false), view, now);
    private long accepted;
    private long sequence;
    private SiteHealth health = healthy(5);

    private static SiteSettings settings(boolean alone) {
        return new SiteSettings(
                "fra",
                new SiteSettings.Withdraw(2, Duration.ofSeconds(3), alone),
                Duration.ofSeconds(10),
                true,
                Duration.ofSeconds(90),
                List.of("ams", "iad"));
    }

    private static SiteHealth healthy(int apps) {
        return new SiteHealth(true, apps, 5, false, 0);
    }

    private static SiteHealth full() {
        return new SiteHealth(true, 5, 5, true, 0);
    }

    /** Observes every quarter of a second, while another site reports to be healthy. */
    private void pass(double seconds) {
        pass(seconds, 5);
    }

    /** @param other healthy apps of another site; -1: it says nothing */
    private void pass(double seconds, int other) {
        for (long end = now + (long) (seconds * SECOND); now < end; ) {
            now += SiteJudge.OBSERVE_NANOS;
            if (other >= 0) hear("ams", SiteState.ABLE, other);
            judge.observe(
                    new SiteHealth(
                            health.serving(), health.healthyApps(), health.apps(), health.atSoftLimit(), accepted),
                    now);
        }
    }

    private void hear(String site, SiteState state, int apps) {
        view.onReport(site, new SiteReport(++sequence, state, apps, 5, site), now);
    }

    @Test
    void nothing_is_announced_before_health_is_known_and_then_at_once() {
        judge.tick(now + 60 * SECOND);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
        assertThat(judge.why()).contains("starting");
        pass(0.25);
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
    }

    @Test
    void bad_health_withdraws_after_the_time_the_operator_said_and_not_before() {
        pass(1);
        health = healthy(1);
        pass(3);
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
        pass(0.25);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
        assertThat(judge.why()).isEqualTo("1 of 5 apps can be served, fewer than 2");
    }

    @Test
    void bad_health_that_ends_in_time_changes_nothing() {
        pass(1);
        long before = judge.changes();
        for (int i = 0; i < 20; i++) {
            health = healthy(0);
            pass(2);
            health = healthy(5);
            pass(0.25);
        }
        assertThat(judge.changes()).isEqualTo(before);
    }

    @Test
    void it_comes_back_after_ten_seconds_and_each_withdrawal_doubles_that() {
        pass(1);
        double[] needed = {10, 20, 40};
        for (double seconds : needed) {
            health = healthy(0);
            pass(4);
            assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
            health = healthy(5);
            pass(seconds);
            assertThat(judge.state()).as("after %s s", seconds).isEqualTo(SiteState.WITHDRAWN);
            assertThat(judge.why()).contains("comes back after " + (long) seconds + " s");
            pass(0.5);
            assertThat(judge.state()).as("after %s s", seconds).isEqualTo(SiteState.ABLE);
        }
        pass(301);
        health = healthy(0);
        pass(4);
        health = healthy(5);
        pass(10.5);
        assertThat(judge.state()).as("what was five minutes ago is forgotten").isEqualTo(SiteState.ABLE);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1})
    void the_last_site_that_serves_stays_whatever_its_health(int other) {
        pass(1, other);
        health = healthy(1);
        pass(60, other);
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
        assertThat(judge.why()).contains("stays, for no other site is known to serve more");
    }

    @Test
    void unless_its_operator_said_that_it_may_go_alone() {
        judge = new SiteJudge(settings(true), new SiteView(List.of()), now);
        pass(1, -1);
        health = healthy(1);
        pass(4, -1);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DRAINING", "WITHDRAWN"})
    void a_site_that_leaves_is_none_to_rely_on(SiteState other) {
        pass(1, -1);
        health = healthy(1);
        for (int i = 0; i < 40; i++) {
            hear("ams", other, 5);
            pass(0.25, -1);
        }
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
    }

    @Test
    void one_that_left_comes_back_when_the_others_are_gone() {
        pass(1);
        health = healthy(1);
        pass(4);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
        pass(3, -1);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
        pass(0.5, -1);
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
    }

    @Test
    void a_site_that_starts_sick_and_alone_serves_what_it_can() {
        health = healthy(0);
        pass(3, -1);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
        pass(0.5, -1);
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
    }

    @Test
    void loops_that_do_not_turn_withdraw_it_without_asking_anybody() {
        pass(1, -1);
        judge.tick(now + 3 * SECOND - 1);
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
        judge.tick(now += 3 * SECOND);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
        assertThat(judge.why()).contains("do not turn");
        pass(10, -1);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
        pass(0.5, -1);
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
    }

    @Test
    void a_site_that_accepts_nothing_withdraws_at_once() {
        pass(1, -1);
        health = new SiteHealth(false, 5, 5, false, 0);
        pass(0.25, -1);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
    }

    @Test
    void the_soft_limit_makes_the_path_longer_and_it_stays_so_for_a_while() {
        pass(1);
        health = full();
        pass(1);
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
        pass(0.25);
        assertThat(judge.state()).isEqualTo(SiteState.LIMITED);
        health = healthy(5);
        pass(9.5);
        health = full();
        pass(0.25);
        health = healthy(5);
        pass(10);
        assertThat(judge.state()).isEqualTo(SiteState.LIMITED);
        pass(0.5);
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
    }

    @Test
    void a_drain_waits_until_clients_stopped_coming() {
        pass(1);
        judge.drain(now);
        assertThat(judge.state()).isEqualTo(SiteState.DRAINING);
        for (int i = 0; i < 40; i++) {
            accepted += 2;
            pass(0.25);
        }
        assertThat(judge.state()).isEqualTo(SiteState.DRAINING);
        pass(1.5);
        assertThat(judge.state()).isEqualTo(SiteState.DRAINING);
        pass(0.75);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
        assertThat(judge.isDrained()).isTrue();
        pass(3600);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
        judge.undrain(now);
        assertThat(judge.state()).isEqualTo(SiteState.ABLE);
    }

    @Test
    void a_drain_waits_no_longer_than_it_was_told_to() {
        pass(1);
        judge.drain(now);
        for (int i = 0; i < 4 * 89; i++) {
            accepted += 100;
            pass(0.25);
        }
        assertThat(judge.state()).isEqualTo(SiteState.DRAINING);
        accepted += 100;
        pass(1.5);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
    }

    @Test
    void a_drain_of_a_site_that_is_away_is_over_at_once() {
        pass(1);
        health = healthy(0);
        pass(4);
        judge.drain(now);
        assertThat(judge.isDrained()).isTrue();
        judge.undrain(now);
        assertThat(judge.state()).isEqualTo(SiteState.WITHDRAWN);
    }

    @Test
    void a_report_survives_the_wire_and_nothing_else_does() {
        SiteReport report = new SiteReport(17, SiteState.LIMITED, 3, 5, "Frankfurt 1");
        assertThat(SiteReport.decode(ByteBuffer.wrap(report.encode()))).isEqualTo(report);
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            byte[] bytes = report.encode();
            bytes[random.nextInt(15)] ^= (byte) (1 << random.nextInt(8));
            SiteReport read = SiteReport.decode(ByteBuffer.wrap(bytes, 0, random.nextInt(bytes.length)));
            assertThat(read).isNull();
        }
        assertThat(SiteReport.decode(ByteBuffer.wrap("sixgate-site 1 1 able 1 1 x\n".getBytes(StandardCharsets.UTF_8))))
                .isNull();
        assertThat(SiteReport.decode(ByteBuffer.wrap(new byte[SiteReport.MAX_BYTES + 1])))
                .isNull();
    }

    @Test
    void a_late_report_does_not_undo_a_newer_one() {
        view.onReport("ams", new SiteReport(8, SiteState.WITHDRAWN, 0, 5, "ams"), now);
        view.onReport("ams", new SiteReport(7, SiteState.ABLE, 5, 5, "ams"), now);
        assertThat(view.anyServing(now)).isFalse();
        view.onReport("nobody", new SiteReport(1, SiteState.ABLE, 5, 5, "nobody"), now);
        assertThat(view.others(now)).hasSize(2);
    }

    /** Sites whose health moves by chance, whose reports are lost by chance, and which are drained by nobody. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void whatever_happens_somebody_announces_again_within_seconds_and_nobody_flaps(int count) {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            List<String> names = new ArrayList<>();
            for (int i = 0; i < count; i++) names.add("site" + i);
            SiteView[] views = new SiteView[count];
            SiteJudge[] judges = new SiteJudge[count];
            int[] apps = new int[count];
            for (int i = 0; i < count; i++) {
                List<String> others = new ArrayList<>(names);
                others.remove(i);
                views[i] = new SiteView(others);
                judges[i] = new SiteJudge(settings(false), views[i], 0);
                apps[i] = 5;
            }
            double loss = random.nextDouble(0.9);
            int silent = 0;
            for (int step = 1; step < 4 * 600; step++) {
                long at = step * SiteJudge.OBSERVE_NANOS;
                for (int i = 0; i < count; i++) {
                    if (random.nextInt(40) == 0) apps[i] = random.nextInt(6);
                    judges[i].observe(healthy(apps[i]), at);
                    SiteReport report = new SiteReport(step, judges[i].state(), apps[i], 5, names.get(i));
                    for (int j = 0; j < count; j++)
                        if (j != i && random.nextDouble() >= loss) views[j].onReport(names.get(i), report, at);
                }
                boolean announced = false;
                for (SiteJudge each : judges) announced |= each.state() != SiteState.WITHDRAWN;
                silent = announced ? 0 : silent + 1;
                assertThat(silent * SiteJudge.OBSERVE_NANOS)
                        .as("seed %d, step %d", seed, step)
                        .isLessThanOrEqualTo(SiteView.FRESH_NANOS + 3 * SECOND + 2 * SiteJudge.OBSERVE_NANOS);
            }
            for (SiteJudge each : judges)
                assertThat(each.changes()).as("seed %d, ten minutes", seed).isLessThan(60);
        }
    }
}
