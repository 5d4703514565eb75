package dev.sixgate.edge.health;

import dev.sixgate.edge.servicemap.Backend;
import dev.sixgate.edge.servicemap.BackendProtocol;
import dev.sixgate.edge.servicemap.HealthCheck;
import dev.sixgate.edge.upstream.BackendDialer;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.codec.http2.HttpConversionUtil;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks one backend one question over a connection of its own, since that it can be connected to is part of the answer.
 * On the loop that it is given.
 *
 * @param host for a check that names none
 */
record Probe(HealthCheck check, Backend backend, int port, BackendProtocol protocol, String host) {
    private static final String GRPC_PATH = "/grpc.health.v1.Health/Check";
    /** A gRPC message of no bytes: the health of the whole server is asked for. */
    private static final byte[] GRPC_QUESTION = {0, 0, 0, 0, 0};

    /**
     * @param ended told once, on the loop, null or what is wrong; may never be told once the channel is closed
     * @return its channel, to be closed when the time is up
     */
    Channel begin(EventLoop loop, BackendDialer dialer, Consumer<@Nullable String> ended) {
        ChannelFuture dialed = dialer.dial(loop, backend, port, spoken(), check.timeout(), pipeline(ended));
        Channel channel = dialed.channel();
        dialed.addListener(done -> {
            if (!done.isSuccess()) ended.accept("no connection: " + done.cause().getMessage());
            else if (check.type() == HealthCheck.Type.TCP) ended.accept(null);
            else if (spoken().http2()) ask(channel, ended);
            else channel.writeAndFlush(request());
        });
        return channel;
    }

    private BackendProtocol spoken() {
        return switch (check.type()) {
            case TCP -> protocol.withoutHttp2();
            case HTTP -> protocol;
            case GRPC -> new BackendProtocol(true, protocol.tls());
        };
    }

    private ChannelHandler pipeline(Consumer<@Nullable String> ended) {
        return new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.config().setAutoRead(true);
                if (check.type() == HealthCheck.Type.TCP) channel.pipeline().addLast(new Ignoring());
                else if (spoken().http2())
                    channel.pipeline()
                            .addLast(Http2FrameCodecBuilder.forClient().build())
                            .addLast(new Http2MultiplexHandler(new Ignoring()));
                else channel.pipeline().addLast(new HttpClientCodec()).addLast(answer(ended));
            }
        };
    }

    private void ask(Channel connection, Consumer<@Nullable String> ended) {
        new Http2StreamChannelBootstrap(connection)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline()
                                .addLast(new Http2StreamFrameToHttpObjectCodec(false))
                                .addLast(answer(ended));
                    }
                })
                .open()
                .addListener(opened -> {
                    if (opened.isSuccess()) ((Channel) opened.getNow()).writeAndFlush(request());
                    else ended.accept("no HTTP/2: " + opened.cause().getMessage());
                });
    }

    private ChannelHandler answer(Consumer<@Nullable String> ended) {
        return check.type() == HealthCheck.Type.GRPC
                ? new GrpcAnswer(ended)
                : new HttpAnswer(check.method() + " " + check.path(), ended);
    }

    private FullHttpRequest request() {
        boolean grpc = check.type() == HealthCheck.Type.GRPC;
        FullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                grpc ? HttpMethod.POST : HttpMethod.valueOf(check.method()),
                grpc ? GRPC_PATH : check.path(),
                grpc ? Unpooled.wrappedBuffer(GRPC_QUESTION) : Unpooled.EMPTY_BUFFER);
        request.headers().set(HttpHeaderNames.HOST, host).set(HttpHeaderNames.USER_AGENT, "sixgate-check");
        for (HealthCheck.Header header : check.headers()) request.headers().set(header.name(), header.value());
        if (grpc)
            request.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/grpc")
                    .set(HttpHeaderNames.TE, "trailers");
        if (spoken().http2())
            request.headers()
                    .set(
                            HttpConversionUtil.ExtensionHeaderNames.SCHEME.text(),
                            protocol.tls() == null ? "http" : "https");
        else request.headers().set(HttpHeaderNames.CONNECTION, "close");
        return request;
    }

    /** Bytes that nobody asked for. */
    @ChannelHandler.Sharable
    private static final class Ignoring extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(io.netty.channel.ChannelHandlerContext ctx, Object message) {
            io.netty.util.ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(io.netty.channel.ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
