package dev.sixgate.edge.demo;

import dev.sixgate.edge.node.Node;
import dev.sixgate.edge.node.NodePlan;
import dev.sixgate.edge.node.NodePort;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;

/** A running node of one region with keys made now. It waits for the edge's handshake, as a node behind a firewall would. */
final class DemoNode {
    private final RegionApp app;
    private final PrivateKey key = PrivateKey.generate(new SecureRandom());
    private final Node node;

    /** Blocks until it runs. */
    DemoNode(EventLoop loop, RegionApp app, PublicKey edge) {
        this.app = app;
        var peer = new PeerConfig(
                "edge", edge, null, null, List.of(Ipv6Prefix.parse(DemoFiles.EDGE_ADDRESS + "/128")), Duration.ZERO);
        var mesh =
                new MeshConfig(key, List.of(new Ipv6Prefix(app.address(), 128)), MeshConfig.DEFAULT_MTU, List.of(peer));
        node = Node.start(
                        loop,
                        new NodePlan(
                                mesh,
                                0,
                                List.of(
                                        new NodePort(RegionApp.HTTP_PORT, List.of(app.http())),
                                        new NodePort(RegionApp.ECHO_PORT, List.of(app.echo())))))
                .syncUninterruptibly()
                .getNow();
    }

    String region() {
        return app.region();
    }

    Ipv6Address address() {
        return app.address();
    }

    RegionApp app() {
        return app;
    }

    PublicKey publicKey() {
        return key.publicKey();
    }

    InetSocketAddress endpoint() {
        return node.underlayAddress();
    }

    void close() {
        node.close().awaitUninterruptibly(2_000);
    }
}
