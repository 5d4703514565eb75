package dev.sixgate.edge.upstream;

import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Ticker;

/** The monotonic clock that an event loop schedules by; {@code System.nanoTime} everywhere but in tests. */
public final class LoopClock {
    private LoopClock() {}

    public static Ticker of(EventExecutor loop) {
        return loop instanceof AbstractScheduledEventExecutor scheduled ? scheduled.ticker() : Ticker.systemTicker();
    }
}
