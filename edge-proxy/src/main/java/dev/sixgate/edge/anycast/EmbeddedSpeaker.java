package dev.sixgate.edge.anycast;

import dev.sixgate.anycast.AnycastPlan.Neighbor;
import dev.sixgate.anycast.SiteState;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/** The process that serves is the one that announces: no process, no session, no route. */
final class EmbeddedSpeaker implements Announcer {
    private final EventLoop loop;
    private List<BgpPeer> peers = List.of();
    private SiteState state = SiteState.WITHDRAWN;

    EmbeddedSpeaker(EventLoop loop, AnycastSettings settings) {
        this.loop = loop;
        use(settings);
    }

    /** Sessions that both plans have stay as they are. */
    void use(AnycastSettings settings) {
        List<BgpPeer> next = new ArrayList<>();
        List<BgpPeer> begun = new ArrayList<>();
        for (Neighbor neighbor : settings.plan().neighbors()) {
            BgpPeer kept = peers.stream()
                    .filter(each -> each.serves(settings, neighbor))
                    .findFirst()
                    .orElse(null);
            BgpPeer peer = kept == null ? new BgpPeer(loop, settings, neighbor) : kept;
            if (kept == null) begun.add(peer);
            next.add(peer);
        }
        for (BgpPeer each : peers) if (!next.contains(each)) each.close();
        peers = List.copyOf(next);
        for (BgpPeer each : begun) each.announce(state);
    }

    @Override
    public void announce(SiteState next) {
        state = next;
        for (BgpPeer each : peers) each.announce(next);
    }

    @Override
    public List<NeighborStatus> neighbors(long nowNanos) {
        return peers.stream().map(BgpPeer::status).toList();
    }

    @Override
    public void close() {
        peers.forEach(BgpPeer::close);
    }
}
