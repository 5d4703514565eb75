package dev.sixgate.edge.health;

import dev.sixgate.edge.upstream.BackendDialer;
import dev.sixgate.edge.upstream.LoopClock;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** All checks of one backend of one service, on one event loop; the first that fails is what its owner is told. */
final class CheckedBackend {
    /** Who is told, on the loop, when the verdict changes: null, or what is wrong. */
    private final Consumer<@Nullable String> verdict;

    private final EventLoop loop;
    private final BackendDialer dialer;
    private final RandomGenerator random;
    private List<Running> checks = List.of();
    private @Nullable String told;

    CheckedBackend(EventLoop loop, BackendDialer dialer, RandomGenerator random, Consumer<@Nullable String> verdict) {
        this.loop = loop;
        this.dialer = dialer;
        this.random = random;
        this.verdict = verdict;
    }

    /** Goes on with those that it had, forgets the others. Any thread; none: the backend is let go of, as one that passes. */
    void replace(List<Probe> probes) {
        loop.execute(() -> {
            List<Running> before = new ArrayList<>(checks);
            List<Running> after = new ArrayList<>();
            for (Probe probe : probes) after.add(kept(before, probe));
            before.forEach(Running::stop);
            checks = after;
            tell();
        });
    }

    private Running kept(List<Running> before, Probe probe) {
        for (Running running : before)
            if (running.probe.equals(probe)) {
                before.remove(running);
                return running;
            }
        return new Running(probe);
    }

    private void tell() {
        String failing = null;
        for (Running running : checks) if (failing == null) failing = running.state.failing();
        if (Objects.equals(failing, told)) return;
        told = failing;
        verdict.accept(failing);
    }

    private final class Running {
        final Probe probe;
        final CheckState state;
        private @Nullable Channel channel;
        private Future<?> timer;
        private boolean stopped;

        Running(Probe probe) {
            this.probe = probe;
            state = new CheckState(probe.check(), random, now());
            timer = arm();
        }

        private long now() {
            return LoopClock.of(loop).nanoTime();
        }

        private Future<?> arm() {
            return loop.schedule(this::turn, Math.max(0, state.deadlineNanos() - now()), TimeUnit.NANOSECONDS);
        }

        private void turn() {
            if (stopped) return;
            switch (state.poll(now())) {
                case PROBE -> begin();
                case TIMED_OUT -> {
                    close();
                    tell();
                }
                case NOTHING -> {
                    // An answer came first.
                }
            }
            timer = arm();
        }

        private void begin() {
            Channel[] own = new Channel[1];
            boolean[] over = new boolean[1];
            own[0] = probe.begin(loop, dialer, wrong -> {
                if (over[0] || stopped) return;
                over[0] = true;
                if (own[0] == null || own[0] == channel) end(wrong);
            });
            if (over[0]) close(own[0]);
            else channel = own[0];
        }

        private void end(@Nullable String wrong) {
            if (wrong == null) state.passed();
            else state.failed(wrong, now());
            close();
            timer.cancel(false);
            timer = arm();
            tell();
        }

        void stop() {
            stopped = true;
            timer.cancel(false);
            close();
        }

        private void close() {
            Channel open = channel;
            channel = null;
            close(open);
        }

        private static void close(@Nullable Channel open) {
            if (open != null && open.isRegistered()) open.close();
        }
    }
}
