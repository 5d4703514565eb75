package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.channel.Channel;

/**
 * When a channel of the mesh reads: once for each {@link Channel#read}, or always with auto-read; one turn at a time, and one
 * more queued on the loop at the most. On the event loop, but for {@link #clear}.
 */
final class ReadTurns {
    private final MeshDriver driver;
    private final Channel channel;
    private final Runnable turn;
    private boolean asked;
    private boolean running;
    private boolean scheduled;

    /** @param turn reads what is there; guards itself with {@link #running}, {@link #begin} and {@link #end} */
    ReadTurns(MeshDriver driver, Channel channel, Runnable turn) {
        this.driver = driver;
        this.channel = channel;
        this.turn = turn;
    }

    /** A read was asked for. */
    void ask() {
        asked = true;
    }

    /** Something was read: what was asked for is done. */
    void answered() {
        asked = false;
    }

    /** Auto-read went off: nothing is asked for any more. From any thread. */
    void clear() {
        if (driver.eventLoop().inEventLoop()) asked = false;
        else driver.eventLoop().execute(() -> asked = channel.config().isAutoRead());
    }

    boolean wanted() {
        return asked || channel.config().isAutoRead();
    }

    boolean running() {
        return running;
    }

    void begin() {
        running = true;
    }

    void end() {
        running = false;
    }

    /** Queues a turn, unless one runs or is queued. */
    void schedule() {
        if (running || scheduled) return;
        scheduled = true;
        driver.eventLoop().execute(() -> {
            scheduled = false;
            turn.run();
            driver.wake(); // reading may have opened a window or taken a connection, which is to be told
        });
    }
}
