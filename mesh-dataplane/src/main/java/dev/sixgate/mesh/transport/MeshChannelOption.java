package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.tcp.CongestionAlgorithm;
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

    /**
     * Milliseconds that sent data may stay unacknowledged before the connection ends with an {@code IOException}, as Linux's
     * option of that name; 0 (the default) leaves it to the stack. Taken when the connection opens.
     */
    public static final ChannelOption<Integer> TCP_USER_TIMEOUT =
            ChannelOption.valueOf(MeshChannelOption.class, "TCP_USER_TIMEOUT");

    /** How a connection finds out what its path takes, as Linux's option of that name. Taken when the connection opens. */
    public static final ChannelOption<CongestionAlgorithm> TCP_CONGESTION =
            ChannelOption.valueOf(MeshChannelOption.class, "TCP_CONGESTION");

    private MeshChannelOption() {}
}
