package dev.sixgate.edge.demo;

import dev.sixgate.edge.demo.Try.Outcome;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One HTTP/2 request whose TLS name is not the address it connects to. */
final class Http2Try {
    private static final int TIMEOUT_SECONDS = 15;

    private Http2Try() {}

    static Outcome run(InetSocketAddress address, String host, Path root) throws Exception {
        SslContext tls = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .trustManager(HttpTry.trusting(root))
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        "h2"))
                .build();
        CompletableFuture<String> answer = new CompletableFuture<>();
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            Channel connection = new Bootstrap()
                    .group(group)
                    .channel(NioSocketChannel.class)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline()
                                    .addLast(tls.newHandler(channel.alloc(), host, address.getPort()))
                                    .addLast(Http2FrameCodecBuilder.forClient().build())
                                    .addLast(new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()))
                                    .addLast(new Failures(answer));
                        }
                    })
                    .connect(address)
                    .sync()
                    .channel();
            SslHandler handshake = connection.pipeline().get(SslHandler.class);
            if (!handshake.handshakeFuture().await(TIMEOUT_SECONDS, TimeUnit.SECONDS))
                throw new IllegalStateException("the TLS handshake did not end in time");
            handshake.handshakeFuture().sync();
            if (!"h2".equals(handshake.applicationProtocol()))
                throw new IllegalStateException("ALPN chose " + handshake.applicationProtocol() + " instead of h2");
            new Http2StreamChannelBootstrap(connection)
                    .handler(new Answer(answer))
                    .open()
                    .sync()
                    .getNow()
                    .writeAndFlush(new DefaultHttp2HeadersFrame(
                            new DefaultHttp2Headers()
                                    .method("GET")
                                    .scheme("https")
                                    .authority(host + ":" + address.getPort())
                                    .path("/"),
                            true));
            return HttpTry.page(answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS), address);
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    /** The response as text, its first line like that of HTTP/1. */
    private static final class Answer extends SimpleChannelInboundHandler<Http2StreamFrame> {
        private final CompletableFuture<String> answer;
        private final StringBuilder text = new StringBuilder();
        private ByteBuf body = Unpooled.EMPTY_BUFFER;

        Answer(CompletableFuture<String> answer) {
            this.answer = answer;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, Http2StreamFrame frame) {
            switch (frame) {
                case Http2HeadersFrame head -> {
                    text.append("HTTP/2 ").append(head.headers().status()).append('\n');
                    if (head.isEndStream()) answer.complete(text.toString());
                }
                case Http2DataFrame data -> {
                    body = Unpooled.wrappedBuffer(body, Unpooled.copiedBuffer(data.content()));
                    if (data.isEndStream())
                        answer.complete(text.append(body.toString(StandardCharsets.UTF_8))
                                .toString());
                }
                default -> {}
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            answer.completeExceptionally(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            answer.completeExceptionally(new IllegalStateException("the stream ended without a whole response"));
        }
    }

    private static final class Failures extends ChannelInboundHandlerAdapter {
        private final CompletableFuture<String> answer;

        Failures(CompletableFuture<String> answer) {
            this.answer = answer;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            answer.completeExceptionally(cause);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            io.netty.util.ReferenceCountUtil.release(message); // SETTINGS and the like
        }
    }
}
