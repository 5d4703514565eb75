package dev.sixgate.mesh.transport;

import static dev.sixgate.mesh.transport.MeshPair.at;
import static dev.sixgate.mesh.transport.MeshPair.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Netty's DatagramUnicastTest. */
@OverMesh
class DatagramUnicastTest {
    private final MeshPair mesh;
    private final BlockingQueue<DatagramPacket> answers = new LinkedBlockingQueue<>();

    DatagramUnicastTest(Underlay underlay) throws Exception {
        mesh = MeshPairs.of(underlay);
    }

    @Test
    void datagrams_of_every_length_and_kind_of_buffer_come_back_with_their_addresses() throws Exception {
        Channel echo = bind(mesh.node, new Echo(), at(MeshPair.NODE, 0));
        Channel client = bind(mesh.edge, new Collector(), at(Ipv6Address.UNSPECIFIED, 4_001));
        InetSocketAddress to = (InetSocketAddress) echo.localAddress();
        byte[] data = SocketEchoTest.random(1372);
        ByteBuf[] payloads = {
            Unpooled.EMPTY_BUFFER,
            Unpooled.wrappedBuffer(data),
            Unpooled.directBuffer().writeBytes(data),
            Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(data, 0, 700), Unpooled.wrappedBuffer(data, 700, 672))
        };
        for (ByteBuf payload : payloads) {
            int length = payload.readableBytes();
            await(client.writeAndFlush(new DatagramPacket(payload, to)));
            DatagramPacket answer = answers.poll(10, TimeUnit.SECONDS);
            assertThat(answer).isNotNull();
            assertThat(answer.sender()).isEqualTo(to);
            assertThat(answer.recipient()).isEqualTo(at(MeshPair.EDGE, 4_001));
            assertThat(answer.content()).isEqualTo(Unpooled.wrappedBuffer(data, 0, length));
            answer.release();
        }
        await(client.close());
        await(echo.close());
    }

    @Test
    void what_a_mesh_cannot_carry_fails_its_write_and_is_released() throws Exception {
        Channel client = bind(mesh.edge, new Collector(), at(MeshPair.EDGE, 0));
        ByteBuf big = Unpooled.directBuffer().writeZero(1373);
        assertThatThrownBy(() -> await(client.writeAndFlush(new DatagramPacket(big, at(MeshPair.NODE, 7)))))
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("Message too long: 1373 bytes, the mesh carries 1372");
        assertThat(big.refCnt()).isZero();
        ByteBuf stray = Unpooled.directBuffer().writeZero(1);
        assertThatThrownBy(() -> await(
                        client.writeAndFlush(new DatagramPacket(stray, at(Ipv6Address.parse("fdaa:ffff::1"), 7)))))
                .hasCauseInstanceOf(NoRouteToHostException.class);
        assertThat(stray.refCnt()).isZero();
        assertThatThrownBy(
                        () -> await(client.writeAndFlush(Unpooled.directBuffer().writeZero(1))))
                .hasCauseInstanceOf(UnsupportedOperationException.class);
        await(client.close());
    }

    @Test
    void a_taken_port_cannot_be_bound_and_a_remote_cannot_be_fixed() throws Exception {
        Channel client = bind(mesh.edge, new Collector(), at(MeshPair.EDGE, 0));
        assertThatThrownBy(() -> bind(mesh.edge, new Collector(), (InetSocketAddress) client.localAddress()))
                .hasCauseInstanceOf(BindException.class);
        assertThatThrownBy(() -> await(client.connect(at(MeshPair.NODE, 7))))
                .hasCauseInstanceOf(UnsupportedOperationException.class);
        await(client.close());
    }

    private static Channel bind(
            MeshDriver driver, SimpleChannelInboundHandler<DatagramPacket> handler, InetSocketAddress address)
            throws Exception {
        return await(new Bootstrap()
                .group(driver.eventLoop())
                .channelFactory(() -> new MeshDatagramChannel(driver))
                .handler(handler)
                .bind(address));
    }

    @Sharable
    private static final class Echo extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            context.writeAndFlush(new DatagramPacket(packet.content().retain(), packet.sender()));
        }
    }

    private final class Collector extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            answers.add(packet.retain());
        }
    }
}
