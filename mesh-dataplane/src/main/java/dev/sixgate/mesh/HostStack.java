package dev.sixgate.mesh;

import io.netty.buffer.ByteBuf;

/** The IP stack of the host, where it has addresses in the mesh beside ours ({@link Mesh#host}). */
public interface HostStack {
    /** Takes one whole IPv6 packet for an address of the host, at the reader index. */
    void onPacket(ByteBuf packet);
}
