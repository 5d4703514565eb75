package dev.sixgate.mesh.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.transport.MeshServerSocketChannel;
import dev.sixgate.mesh.transport.MeshSocketChannel;
import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The library used alone, as the module's README shows it. */
@Timeout(30)
class TenLinesTest {
    private static final String SOURCE = "src/test/java/dev/sixgate/mesh/example/TenLinesTest.java";

    @Test
    void two_identities_in_one_process_echo_over_the_mesh() throws Exception {
        CompletableFuture<String> reply = new CompletableFuture<>();
        // README begins
        var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        var alice = PrivateKey.generate(new SecureRandom());
        var bob = PrivateKey.generate(new SecureRandom());

        var server = start(loops, bob, "fdaa::b", peer("alice", alice, "fdaa::a", null));
        var endpoint =
                new InetSocketAddress("127.0.0.1", server.underlayAddress().getPort());
        var client = start(loops, alice, "fdaa::a", peer("bob", bob, "fdaa::b", endpoint));

        new ServerBootstrap()
                .group(server.eventLoop())
                .channelFactory(() -> new MeshServerSocketChannel(server))
                .childHandler(new Echo())
                .bind("fdaa::b", 7)
                .sync();
        Channel channel = new Bootstrap()
                .group(client.eventLoop())
                .channelFactory(() -> new MeshSocketChannel(client))
                .handler(new Receive(reply))
                .connect("fdaa::b", 7)
                .sync()
                .channel();
        channel.writeAndFlush(Unpooled.copiedBuffer("hello", StandardCharsets.US_ASCII));
        // README ends
        assertThat(reply.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
        client.close().sync();
        server.close().sync();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
    }

    // README begins
    static MeshDriver start(MultiThreadIoEventLoopGroup loops, PrivateKey key, String address, PeerConfig peer)
            throws InterruptedException {
        var config = new MeshConfig(key, List.of(Ipv6Prefix.parse(address)), MeshConfig.DEFAULT_MTU, List.of(peer));
        return MeshDriver.start(loops.next(), config, 0).sync().getNow();
    }

    static PeerConfig peer(String name, PrivateKey key, String address, @Nullable InetSocketAddress endpoint) {
        var allowed = List.of(Ipv6Prefix.parse(address));
        return new PeerConfig(name, key.publicKey(), null, endpoint, allowed, Duration.ZERO);
    }

    // README ends

    @Test
    void the_readme_shows_what_runs_here() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        String[] parts = Files.readString(Path.of(SOURCE)).split("// README begins\n");
        assertThat(parts).as("the text before, and two parts").hasSize(3);
        for (int i = 1; i <= 2; i++) {
            String shown = parts[i].substring(0, parts[i].indexOf("// README ends"))
                    .stripIndent()
                    .strip();
            assertThat(readme).contains(shown);
        }
    }

    @Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    private static final class Receive extends SimpleChannelInboundHandler<ByteBuf> {
        private final CompletableFuture<String> reply;
        private final StringBuilder text = new StringBuilder();

        Receive(CompletableFuture<String> reply) {
            this.reply = reply;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            text.append(message.toString(StandardCharsets.US_ASCII));
            if (text.length() == 5) reply.complete(text.toString());
        }
    }
}
