package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/** On which event loop a mesh channel may be registered. */
final class MeshLoops {
    private MeshLoops() {}

    /** Answers a channel's registration; another loop than the driver's is refused with the reason. */
    static boolean register(EventLoop loop, MeshDriver driver, ChannelPromise promise) {
        String refusal = refusal(loop, driver);
        if (refusal == null) promise.setSuccess();
        else promise.setFailure(new IllegalStateException(refusal));
        return refusal == null;
    }

    private static @Nullable String refusal(EventLoop loop, MeshDriver driver) {
        if (loop != driver.eventLoop())
            return "a mesh channel runs on its driver's event loop only; register it with driver.eventLoop(), not with "
                    + loop;
        return driver.isClosed() ? "the mesh is closed" : null;
    }
}
