package dev.sixgate.mesh.capture;

import dev.sixgate.mesh.Mesh;
import dev.sixgate.mesh.PacketTap;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Header;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The captures of one mesh. It is tapped while there are any, and pays nothing while there are none. On its loop only. */
public final class Captures implements PacketTap {
    public static final int CAPTURES_MAX = 4;

    private final Mesh mesh;
    private final List<Capture> captures = new ArrayList<>();

    public Captures(Mesh mesh) {
        this.mesh = mesh;
    }

    /** @return false when there are {@link #CAPTURES_MAX} already */
    public boolean add(Capture capture) {
        captures.removeIf(Capture::isEnded);
        if (captures.size() == CAPTURES_MAX) return false;
        captures.add(capture);
        mesh.tap(this);
        return true;
    }

    /** Ends it and forgets it. */
    public void remove(Capture capture) {
        capture.stop();
        captures.remove(capture);
        if (captures.isEmpty()) mesh.tap(null);
    }

    @Override
    public void onSent(WireGuardPeer peer, ByteBuf buffer, int index, int packetBytes, long nowNanos) {
        for (Capture capture : captures)
            capture.onPacket(peer.config().name(), true, buffer, index, packetBytes, nowNanos);
    }

    @Override
    public void onReceived(ByteBuf packet, long ingressNanos) {
        int start = packet.readerIndex();
        // WireGuard let it pass, so cryptokey routing names its sender.
        Ipv6Address source = Ipv6Header.source(packet, start);
        @Nullable WireGuardPeer peer = mesh.wireGuard().route(source.high(), source.low());
        if (peer == null) return;
        for (Capture capture : captures)
            capture.onPacket(peer.config().name(), false, packet, start, packet.readableBytes(), ingressNanos);
    }
}
