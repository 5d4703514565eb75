package dev.sixgate.mesh.tun;

import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.underlay.DriverOptions;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Two meshes over loopback UDP; the left one has a TUN device, in a namespace where kernel sockets live. */
final class TunPair {
    static final Ipv6Address LEFT = Ipv6Address.parse("fdaa:0:1::1");
    static final Ipv6Address LEFT_HOST = Ipv6Address.parse("fdaa:0:1::7");
    static final Ipv6Address RIGHT = Ipv6Address.parse("fdaa:0:2::1");
    static final Ipv6Address RIGHT_HOST = Ipv6Address.parse("fdaa:0:2::7");
    private static final Ipv6Prefix LEFT_RANGE = Ipv6Prefix.parse("fdaa:0:1::/48");
    private static final Ipv6Prefix RIGHT_RANGE = Ipv6Prefix.parse("fdaa:0:2::/48");
    private static final long SECONDS = 10;

    final EventLoopGroup group = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
    final Netns netns;
    final MeshDriver left;
    final MeshDriver right;
    final TunDriver tun;

    TunPair() throws Exception {
        netns = Netns.open();
        var random = new SecureRandom();
        PrivateKey leftKey = PrivateKey.generate(random);
        PrivateKey rightKey = PrivateKey.generate(random);
        var options = new DriverOptions(true, 4 << 20, null);
        right = await(MeshDriver.start(
                group.next(), config(rightKey, RIGHT_RANGE, peer(leftKey.publicKey(), LEFT_RANGE, null)), 0, options));
        var endpoint =
                new InetSocketAddress("127.0.0.1", right.underlayAddress().getPort());
        left = await(MeshDriver.start(
                group.next(),
                config(leftKey, LEFT_RANGE, peer(rightKey.publicKey(), RIGHT_RANGE, endpoint)),
                0,
                options));
        tun = attach(left, netns, LEFT_HOST);
    }

    static TunDriver attach(MeshDriver mesh, Netns netns, Ipv6Address host) throws Exception {
        TunConfig config =
                new TunConfig("sg0", List.of(host), List.of(Ipv6Prefix.parse("fdaa::/16")), MeshConfig.DEFAULT_MTU);
        return await(TunDriver.attach(mesh, netns.in(() -> TunDevice.open(config))));
    }

    private static MeshConfig config(PrivateKey key, Ipv6Prefix range, PeerConfig peer) {
        return new MeshConfig(key, List.of(range), MeshConfig.DEFAULT_MTU, List.of(peer));
    }

    private static PeerConfig peer(PublicKey key, Ipv6Prefix range, @Nullable InetSocketAddress endpoint) {
        return new PeerConfig(range.toString(), key, null, endpoint, List.of(range), Duration.ZERO);
    }

    static <T> T await(Future<T> future) throws Exception {
        return future.get(SECONDS, TimeUnit.SECONDS);
    }

    void close() throws Exception {
        await(left.close());
        await(right.close());
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        netns.close();
    }
}
