package dev.sixgate.edge.node;

import dev.sixgate.edge.admin.AdminSocket;
import dev.sixgate.edge.admin.MeshApi;
import dev.sixgate.edge.mesh.RunningMesh;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A node's admin socket: the mesh's paths, answered on a loop of its own. */
public final class NodeAdmin implements AutoCloseable {
    private final @Nullable Path path;
    private @Nullable EventLoopGroup loops;
    private @Nullable AdminSocket socket;

    /**
     * @param path null: none is wanted, and nothing is opened
     * @throws IOException with a plain sentence when somebody answers there already
     */
    public NodeAdmin(@Nullable Path path) throws IOException {
        this.path = path;
        if (path != null) AdminSocket.refuseUnlessFree(path);
    }

    /** @throws IOException with a plain sentence when the socket cannot be made */
    public void open(Node node) throws IOException {
        if (path == null) return;
        loops = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("sixgate-operator", true), NioIoHandler.newFactory());
        MeshApi api = new MeshApi(new RunningMesh(() -> "node", () -> List.of(node.driver())));
        socket = AdminSocket.open(loops, path, api::answer);
    }

    @Override
    public void close() {
        if (socket != null) socket.close();
        if (loops != null) loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
    }
}
