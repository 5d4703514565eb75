package dev.sixgate.edge.source;

import java.util.concurrent.atomic.AtomicBoolean;

/** One call for any number of changes, until whoever was called has looked. */
final class ChangeSignal {
    private final AtomicBoolean pending = new AtomicBoolean();
    private volatile Runnable listener = () -> {};

    /** What changed before is told now. */
    void to(Runnable listener) {
        this.listener = listener;
        if (pending.get()) listener.run();
    }

    void changed() {
        if (pending.compareAndSet(false, true)) listener.run();
    }

    /** Before looking, so that a change while looking is told again. */
    void heard() {
        pending.set(false);
    }
}
