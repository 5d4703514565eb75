package dev.sixgate.edge.tls;

import dev.sixgate.certs.CertificateStore;
import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.KeyType;
import dev.sixgate.certs.acme.ChallengeAnswers;
import dev.sixgate.edge.http.ClientCertificate;
import dev.sixgate.edge.http.TlsFacts;
import dev.sixgate.edge.servicemap.ClientAuth;
import dev.sixgate.edge.servicemap.TlsOptions;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SniCompletionEvent;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Terminates TLS: the certificate by SNI from the store as it stands at that moment, the protocol by ALPN. One per edge; a
 * certificate swap reaches the next handshake and disturbs none under way.
 */
public final class TlsTermination {
    /** From the first byte wanted to the handshake's end. */
    public static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);
    /** A ClientHello with post-quantum key shares has about 2 KiB; this leaves room and no more. */
    public static final int MAX_CLIENT_HELLO_BYTES = 64 << 10;

    private static final TlsOptions CHALLENGE =
            new TlsOptions(List.of(ChallengeAnswers.TLS_PROTOCOL), TlsOptions.DEFAULT.versions());

    private final CertificateStore store;
    private final ChallengeAnswers challenges;
    private final ServerContexts contexts = new ServerContexts();

    public TlsTermination(CertificateStore store) {
        this(store, new ChallengeAnswers());
    }

    /** @param challenges what to show a certificate authority that validates a name (RFC 8737) */
    public TlsTermination(CertificateStore store, ChallengeAnswers challenges) {
        this.store = store;
        this.challenges = challenges;
    }

    /**
     * What to do when the handshake is over. On the channel's loop; exactly one of the two is called, once, and neither when a
     * client left without a byte: that is how load balancers look whether a port is open.
     */
    public interface Outcome {
        /** @param alpn the protocol agreed on, or null when the client offered none of ours */
        void established(ChannelPipeline pipeline, TlsFacts facts, @Nullable String alpn);

        /** The channel is being closed. @param why a plain sentence */
        void failed(ChannelPipeline pipeline, @Nullable String sni, String why);
    }

    /** The same certificates inside QUIC. */
    public QuicTls quic() {
        return new QuicTls(store);
    }

    /** Appends the handlers of TLS to a pipeline that is at its client's first byte. */
    public void install(ChannelPipeline pipeline, TlsOptions options, Outcome outcome) {
        pipeline.addLast("sni", new Hello(options, MAX_CLIENT_HELLO_BYTES, HANDSHAKE_TIMEOUT.toMillis()));
        Handshake handshake = new Handshake(outcome, options.clientAuth());
        pipeline.addLast("tls-outcome", handshake);
        pipeline.addBefore("sni", "first-byte", new FirstByte(handshake));
    }

    /** The library that does it, for status: {@code BoringSSL} or {@code JDK}. */
    public static String engine() {
        return ServerContexts.PROVIDER == io.netty.handler.ssl.SslProvider.JDK ? "JDK" : "BoringSSL";
    }

    private SslContext context(@Nullable String sni, Set<KeyType> keys, TlsOptions options) {
        KeyAndChain certificate = store.find(sni, keys::contains);
        if (certificate == null) throw new DecoderException("there is no certificate to answer with");
        try {
            return contexts.get(certificate, options);
        } catch (SSLException e) {
            throw new DecoderException("the certificate for " + sni + " cannot be used: " + e.getMessage());
        }
    }

    /** Chooses by SNI and by what keys a client can check, unless a certificate authority asks for the answer to a challenge: ALPN tells. */
    private final class Hello extends SniHandler {
        private final TlsOptions options;
        private Set<KeyType> keys = EnumSet.allOf(KeyType.class);
        private boolean asksChallenge;

        Hello(TlsOptions options, int maxBytes, long timeoutMillis) {
            super(TlsTermination::unused, maxBytes, timeoutMillis);
            this.options = options;
        }

        @Override
        protected Future<SslContext> lookup(ChannelHandlerContext context, @Nullable ByteBuf hello) throws Exception {
            if (hello != null) {
                asksChallenge = ClientHello.offers(hello, ChallengeAnswers.TLS_PROTOCOL);
                keys = ClientHello.keyTypes(hello, options.versions());
            }
            return super.lookup(context, hello);
        }

        @Override
        protected Future<SslContext> lookup(ChannelHandlerContext context, @Nullable String sni) {
            KeyAndChain answer = asksChallenge ? challenges.tls(sni) : null;
            try {
                return context.executor()
                        .newSucceededFuture(
                                answer == null ? context(sni, keys, options) : contexts.get(answer, CHALLENGE));
            } catch (SSLException | DecoderException e) {
                return context.executor().newFailedFuture(e);
            }
        }
    }

    private static SslContext unused(@Nullable String sni) {
        throw new IllegalStateException("the context is looked up with more than a name: " + sni);
    }

    /** Notes that the client began, and is gone with that. */
    private static final class FirstByte extends ChannelInboundHandlerAdapter {
        private final Handshake handshake;

        FirstByte(Handshake handshake) {
            this.handshake = handshake;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            handshake.begun = true;
            context.fireChannelRead(message);
            context.pipeline().remove(this);
        }
    }

    private static final class Handshake extends ChannelInboundHandlerAdapter {
        private final Outcome outcome;
        private final @Nullable ClientAuth clientAuth;
        private long startNanos;
        private @Nullable String sni;
        private @Nullable Throwable cause;
        private boolean begun;
        private boolean over;

        /** @param clientAuth null: no client is asked for a certificate */
        Handshake(Outcome outcome, @Nullable ClientAuth clientAuth) {
            this.clientAuth = clientAuth;
            this.outcome = outcome;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            startNanos = System.nanoTime();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            switch (event) {
                case SniCompletionEvent named -> {
                    sni = named.hostname();
                    if (named.cause() != null) cause = named.cause();
                }
                case SslHandshakeCompletionEvent done when done.isSuccess() -> establish(context);
                case SslHandshakeCompletionEvent done -> fail(context, done.cause());
                case SslCloseCompletionEvent _ -> {}
                default -> context.fireUserEventTriggered(event);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
            fail(context, thrown);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (begun) fail(context, cause);
            context.fireChannelInactive();
        }

        private void establish(ChannelHandlerContext context) {
            if (over) return;
            over = true;
            SslHandler tls = context.pipeline().get(SslHandler.class);
            SSLSession session = tls.engine().getSession();
            var facts = new TlsFacts(
                    sni,
                    session.getProtocol(),
                    session.getCipherSuite(),
                    System.nanoTime() - startNanos,
                    clientAuth == null ? null : ClientCertificate.of(session));
            ChannelPipeline pipeline = context.pipeline();
            if (ChallengeAnswers.TLS_PROTOCOL.equals(tls.applicationProtocol())) {
                context.close(); // the handshake was the answer
                return;
            }
            outcome.established(pipeline, facts, tls.applicationProtocol());
            pipeline.remove(this);
        }

        private void fail(ChannelHandlerContext context, @Nullable Throwable thrown) {
            if (over) return;
            over = true;
            outcome.failed(context.pipeline(), sni, sentence(thrown));
            context.close();
        }

        private static String sentence(@Nullable Throwable thrown) {
            Throwable root = thrown;
            while (root instanceof DecoderException && root.getCause() != null) root = root.getCause();
            return switch (root) {
                case null -> "the client closed the connection during the handshake";
                case NotSslRecordException _ -> "the client did not speak TLS";
                case SslHandshakeTimeoutException _ -> "the client did not finish the handshake in time";
                case java.nio.channels.ClosedChannelException _ ->
                    "the client closed the connection during the handshake";
                default -> shorten(String.valueOf(root.getMessage()));
            };
        }

        private static String shorten(String text) {
            return text.length() <= 200 ? text : text.substring(0, 200);
        }
    }
}
