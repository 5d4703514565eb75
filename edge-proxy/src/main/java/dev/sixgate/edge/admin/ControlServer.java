package dev.sixgate.edge.admin;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A small HTTP/1.1 server for operators' questions: one answer a request, on the loop it is given. */
public final class ControlServer implements AutoCloseable {
    static final int MAX_CONNECTIONS = 64;
    private static final int MAX_REQUEST_BYTES = 64 << 10;
    private static final int IDLE_SECONDS = 60;

    /** @param query the first value of each parameter */
    public record Request(String method, String path, Map<String, String> query, String accept) {
        String query(String name, String otherwise) {
            return query.getOrDefault(name, otherwise);
        }
    }

    /** @param stream what stands for the body of a 200 whose length is not known; null mostly */
    public record Response(
            int status,
            String contentType,
            String body,
            @Nullable ResponseStream stream) {
        public Response(int status, String contentType, String body) {
            this(status, contentType, body, null);
        }
    }

    private final Channel channel;

    private ControlServer(Channel channel) {
        this.channel = channel;
    }

    /**
     * Blocks until bound.
     *
     * @param answer on the server's loop, which it must not block
     * @throws java.io.IOException when the address cannot be bound
     */
    public static ControlServer bind(
            EventLoopGroup loops,
            Supplier<? extends ServerChannel> server,
            SocketAddress address,
            Function<Request, CompletionStage<Response>> answer)
            throws java.io.IOException {
        AtomicInteger open = new AtomicInteger();
        var bound = new ServerBootstrap()
                .group(loops)
                .channelFactory(server::get)
                .option(ChannelOption.SO_BACKLOG, MAX_CONNECTIONS)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel client) {
                        open.incrementAndGet();
                        client.closeFuture().addListener(_ -> open.decrementAndGet());
                        if (open.get() > MAX_CONNECTIONS) {
                            client.close();
                            return;
                        }
                        client.pipeline()
                                .addLast(
                                        new HttpServerCodec(),
                                        new ReadTimeoutHandler(IDLE_SECONDS),
                                        new HttpObjectAggregator(MAX_REQUEST_BYTES),
                                        new Answering(answer));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess())
            throw new java.io.IOException(String.valueOf(bound.cause().getMessage()));
        return new ControlServer(bound.channel());
    }

    public @Nullable SocketAddress address() {
        return channel.localAddress();
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    private static final class Answering extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final Function<Request, CompletionStage<Response>> answer;
        private boolean busy;

        Answering(Function<Request, CompletionStage<Response>> answer) {
            this.answer = answer;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest message) {
            // Answers may take their time, and pipelined ones could then pass each other.
            if (busy) {
                context.close();
                return;
            }
            busy = true;
            boolean keepAlive = HttpUtil.isKeepAlive(message);
            boolean head = message.method().name().equals("HEAD");
            if (message.decoderResult().isFailure()) {
                send(context, new Response(400, "text/plain", "this is not HTTP/1.1\n"), false, head);
                return;
            }
            request(message)
                    .whenComplete((response, failure) -> context.executor()
                            .execute(() -> send(
                                    context,
                                    failure == null
                                            ? response
                                            : new Response(500, "text/plain", "the edge failed to answer\n"),
                                    keepAlive,
                                    head)));
        }

        private CompletionStage<Response> request(FullHttpRequest message) {
            try {
                QueryStringDecoder uri = new QueryStringDecoder(message.uri());
                Map<String, String> query = new java.util.HashMap<>();
                for (Map.Entry<String, List<String>> parameter :
                        uri.parameters().entrySet())
                    query.put(parameter.getKey(), parameter.getValue().getFirst());
                String accept = message.headers().get(HttpHeaderNames.ACCEPT, "");
                return answer.apply(new Request(message.method().name(), uri.path(), query, accept));
            } catch (IllegalArgumentException e) {
                return java.util.concurrent.CompletableFuture.completedStage(
                        new Response(400, "text/plain", "this address cannot be read\n"));
            }
        }

        private void send(ChannelHandlerContext context, Response response, boolean keepAlive, boolean head) {
            if (response.stream != null) {
                stream(context, response.contentType, response.stream);
                return;
            }
            ByteBuf body = ByteBufUtil.writeUtf8(context.alloc(), response.body);
            int length = body.readableBytes();
            if (head) body.clear();
            FullHttpResponse message = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(response.status), body);
            message.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, response.contentType)
                    .set(HttpHeaderNames.CONTENT_LENGTH, length);
            HttpUtil.setKeepAlive(message, keepAlive);
            var written = context.writeAndFlush(message);
            if (!keepAlive) written.addListener(ChannelFutureListener.CLOSE);
            busy = false;
        }

        private void stream(ChannelHandlerContext context, String contentType, ResponseStream stream) {
            if (!context.channel().isActive()) {
                stream.close();
                return;
            }
            context.pipeline().remove(ReadTimeoutHandler.class); // its asker only listens from now on
            StreamWriter.begin(context, contentType, stream);
            context.pipeline().remove(this);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
