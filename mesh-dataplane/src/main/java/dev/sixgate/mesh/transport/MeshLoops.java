package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/** On which event loop a mesh channel may be registered. */
final class MeshLoops {
    private MeshLoops() {}

    /** @return null when the channel may be registered, else why not */
    static @Nullable String refusal(EventLoop loop, MeshDriver driver) {
        if (loop != driver.eventLoop())
            return "a mesh channel runs on its driver's event loop only; register it with driver.eventLoop(), not with "
                    + loop;
        return driver.isClosed() ? "the mesh is closed" : null;
    }
}
