package dev.sixgate.edge.http3;

import dev.sixgate.edge.http.ClientCertificate;
import dev.sixgate.edge.http.DrainBegins;
import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.servicemap.HttpOptions;
import dev.sixgate.edge.upstream.ClientConnection;
import dev.sixgate.edge.upstream.DeadlineTimer;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http3.DefaultHttp3GoAwayFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.ssl.SniCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** One client connection: what its streams share, their deadlines, and how it ends. On its event loop. */
final class Http3Session extends ChannelInboundHandlerAdapter implements DeadlineTimer.Watched {
    /** Streams that a client may reset before their answer, in {@link #RESET_WINDOW_NANOS}; more is an attack (CVE-2023-44487). */
    static final int MAX_RESETS = 200;

    private static final long RESET_WINDOW_NANOS = 30_000_000_000L;
    private static final int REQUEST_STREAM_STEP = 4;
    /**
     * A stream is over for us when its last byte is QUIC's, which still has to deliver up to a window of them; closing the
     * connection would throw them away. A client that has everything closes it sooner.
     */
    private static final long LINGER_NANOS = 2_000_000_000L;

    private final QuicChannel channel;
    private final HttpOptions options;
    private final Function<TlsFacts, ClientConnection> connections;
    private final Set<Http3Stream> streams = new LinkedHashSet<>();
    private final long startNanos = System.nanoTime();
    private final DeadlineTimer timer;
    private @Nullable ClientConnection client;
    private @Nullable String sni;
    private long handshakeNanos;
    private long lastStream = -REQUEST_STREAM_STEP;
    private int requests;
    private int resets;
    private long resetsSince;
    private boolean draining;
    private boolean lingering;
    private long lastStreamClosed;

    Http3Session(QuicChannel channel, HttpOptions options, Function<TlsFacts, ClientConnection> connections) {
        this.channel = channel;
        this.options = options;
        this.connections = connections;
        this.timer = new DeadlineTimer(channel.eventLoop(), this);
        this.lastStreamClosed = timer.nanoTime() - LINGER_NANOS;
    }

    /** Of the first request on, when the handshake has told everything. */
    ClientConnection client() {
        ClientConnection made = client;
        if (made == null) {
            SSLSession tls = channel.sslEngine().getSession();
            made = connections.apply(new TlsFacts(
                    sni, tls.getProtocol(), tls.getCipherSuite(), handshakeNanos, ClientCertificate.of(tls)));
            client = made;
        }
        return made;
    }

    HttpOptions options() {
        return options;
    }

    long nanoTime() {
        return timer.nanoTime();
    }

    // ---- streams come and go

    /** @return false when no more requests are taken on this connection */
    boolean opened(Http3Stream stream, long id) {
        if (draining) return false;
        lastStream = Math.max(lastStream, id);
        streams.add(stream);
        timer.moved();
        requests++;
        if (requests >= options.maxRequests()
                || client != null && client.context().draining().getAsBoolean()) beginDrain();
        return true;
    }

    void deadlineMoved() {
        timer.moved();
    }

    void closed(Http3Stream stream) {
        streams.remove(stream);
        lastStreamClosed = timer.nanoTime();
        closeWhenDrained();
    }

    /** A stream ended by the client's will before it was answered. */
    void resetByClient() {
        long now = timer.nanoTime();
        if (resets == 0 || now - resetsSince > RESET_WINDOW_NANOS) {
            resets = 0;
            resetsSince = now;
        }
        if (++resets > MAX_RESETS || client().resetsTooOften(now))
            channel.close(true, Http3ErrorCode.H3_EXCESSIVE_LOAD.code(), Unpooled.EMPTY_BUFFER);
    }

    // ---- channel events

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        switch (event) {
            case SniCompletionEvent named -> sni = named.hostname();
            case SslHandshakeCompletionEvent done
            when done.isSuccess() -> handshakeNanos = System.nanoTime() - startNanos;
            case DrainBegins.NOW -> beginDrain();
            case DrainBegins.OVER -> List.copyOf(streams).forEach(Http3Stream::cut);
            default -> {}
        }
        super.userEventTriggered(context, event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        timer.stop();
        super.channelInactive(context);
    }

    /** RFC 9114 §5.2: requests up to the last that was taken are answered, later ones go elsewhere. */
    private void beginDrain() {
        if (draining) return;
        draining = true;
        QuicStreamChannel control = Http3.getLocalControlStream(channel);
        if (control != null) control.writeAndFlush(new DefaultHttp3GoAwayFrame(lastStream + REQUEST_STREAM_STEP));
        closeWhenDrained();
    }

    private void closeWhenDrained() {
        if (!draining || lingering || !streams.isEmpty() || !channel.isActive()) return;
        long left = LINGER_NANOS - (timer.nanoTime() - lastStreamClosed);
        if (left <= 0) {
            channel.close(true, Http3ErrorCode.H3_NO_ERROR.code(), Unpooled.EMPTY_BUFFER);
            return;
        }
        lingering = true;
        channel.eventLoop()
                .schedule(
                        () -> {
                            lingering = false;
                            closeWhenDrained();
                        },
                        left,
                        TimeUnit.NANOSECONDS);
    }

    // ---- time; an idle connection is ended by QUIC itself

    @Override
    public long deadlineNanos() {
        long deadline = DeadlineTimer.NEVER;
        for (Http3Stream stream : streams) deadline = Math.min(deadline, stream.deadlineNanos());
        return deadline;
    }

    @Override
    public void onDeadline() {
        long now = timer.nanoTime();
        for (Http3Stream stream : new ArrayList<>(streams)) stream.onDeadline(now);
    }
}
