package dev.sixgate.edge.demo;

import dev.sixgate.mesh.ipv6.Ipv6Address;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** What a developer would run beside a node: an HTTP page and a TCP echo, on IPv4 loopback and knowing nothing of the mesh. */
final class RegionApp {
    /** On the mesh; on loopback each app has a port of its own. */
    static final int HTTP_PORT = 8080;

    static final int ECHO_PORT = 9000;
    private static final int MAX_REQUEST_BYTES = 1 << 20;

    private final String region;
    private final Ipv6Address address;
    private final InetSocketAddress http;
    private final InetSocketAddress echo;
    private final AtomicInteger echoed = new AtomicInteger();

    RegionApp(EventLoopGroup group, String region, Ipv6Address address) {
        this.region = region;
        this.address = address;
        http = listen(group, new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(new HttpServerCodec())
                        .addLast(new HttpServerKeepAliveHandler())
                        .addLast(new HttpObjectAggregator(MAX_REQUEST_BYTES))
                        .addLast(new Page());
            }
        });
        echo = listen(group, new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new Echo());
            }
        });
    }

    private static InetSocketAddress listen(EventLoopGroup group, ChannelHandler handler) {
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(handler)
                .bind(InetAddress.ofLiteral("127.0.0.1"), 0)
                .syncUninterruptibly()
                .channel();
        return (InetSocketAddress) server.localAddress();
    }

    String region() {
        return region;
    }

    Ipv6Address address() {
        return address;
    }

    InetSocketAddress http() {
        return http;
    }

    InetSocketAddress echo() {
        return echo;
    }

    /** Connections that the echo has taken so far. */
    int echoed() {
        return echoed.get();
    }

    private final class Page extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            var headers = request.headers();
            String client = String.valueOf(headers.get("x-forwarded-for"));
            String scheme = String.valueOf(headers.get("x-forwarded-proto"));
            String text = """
                hello from %s
                client    %s
                backend   %s
                region    %s
                path      %s -%s-> edge -WireGuard-> [%s]:%d -loopback-> %s:%d
                request   %s %s, id %s
                """.formatted(
                            region,
                            client,
                            address,
                            region,
                            client,
                            scheme,
                            address,
                            HTTP_PORT,
                            http.getAddress().getHostAddress(),
                            http.getPort(),
                            request.method(),
                            request.uri(),
                            headers.get("sixgate-request-id"));
            var response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                    .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
            context.writeAndFlush(response);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    private final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            echoed.incrementAndGet();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            // Whoever does not read its echo is not read from.
            context.channel().config().setAutoRead(context.channel().isWritable());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
