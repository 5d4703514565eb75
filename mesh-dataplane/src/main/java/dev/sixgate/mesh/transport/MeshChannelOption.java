package dev.sixgate.mesh.transport;

import io.netty.channel.ChannelOption;

/** Options that only channels of the mesh have. */
public final class MeshChannelOption {
    /**
     * Of a {@link MeshServerSocketChannel}: true (the default) answers a SYN at once and yields established children, as
     * a kernel socket does; false yields pending children, whose SYN stays unanswered until
     * {@link MeshSocketChannel#accept} or {@link MeshSocketChannel#refuse}.
     */
    public static final ChannelOption<Boolean> AUTO_ACCEPT =
            ChannelOption.valueOf(MeshChannelOption.class, "AUTO_ACCEPT");

    private MeshChannelOption() {}
}
