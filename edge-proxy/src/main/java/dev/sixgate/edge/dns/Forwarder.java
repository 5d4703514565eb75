package dev.sixgate.edge.dns;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sixgate.edge.metrics.DnsMeters;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks other servers on behalf of clients, each question with a socket of its own, so that whoever wants to forge an answer has to
 * guess its port besides its id. Remembers answers as long as they last. On one event loop; memory is shared.
 */
final class Forwarder {
    static final int MAX_IN_FLIGHT = 1_000;
    private static final long TRY_MILLIS = 1_500;
    private static final int TRIES = 3;
    private static final SecureRandom IDS = new SecureRandom();

    /** Answers by what was asked, bounded by their bytes. Any thread. */
    static final class Memory {
        static final long MAX_BYTES = 8 << 20;

        private record Key(
                String name,
                int type,
                int qclass,
                boolean edns,
                boolean dnssecOk,
                boolean checkingDisabled,
                boolean tcp) {}

        private record Entry(ForeignAnswer answer, long sinceNanos) {}

        private final Cache<Key, Entry> entries = Caffeine.newBuilder()
                .maximumWeight(MAX_BYTES)
                .weigher((Key key, Entry entry) -> 128 + key.name.length() + entry.answer.bytes().length)
                .executor(Runnable::run)
                .build();

        private static Key key(Question question, boolean tcp) {
            return new Key(
                    question.name(),
                    question.type(),
                    question.qclass(),
                    question.edns(),
                    question.dnssecOk(),
                    question.checkingDisabled(),
                    tcp);
        }
    }

    private final EventLoop loop;
    private final Memory memory;
    private final DnsMeters meters;
    private volatile List<InetSocketAddress> servers = List.of();
    private int inFlight;

    Forwarder(EventLoop loop, Memory memory, DnsMeters meters) {
        this.loop = loop;
        this.memory = memory;
        this.meters = meters;
    }

    /** From any thread. */
    void ask(List<InetSocketAddress> others) {
        servers = others;
    }

    /** @param answer takes what is to be sent, perhaps before this returns */
    void ask(ByteBuf query, Question question, boolean tcp, Consumer<ByteBuf> answer) {
        long now = System.nanoTime();
        Memory.Entry known = memory.entries.getIfPresent(Memory.key(question, tcp));
        if (known != null) {
            int age = (int) TimeUnit.NANOSECONDS.toSeconds(now - known.sinceNanos);
            boolean fits = tcp || known.answer.bytes().length <= question.payloadBytes();
            if (fits && age < known.answer.seconds()) {
                meters.cached();
                ByteBuf out = query.alloc().directBuffer(known.answer.bytes().length);
                known.answer.write(query, question, age, out);
                meters.answered(known.answer.code());
                answer.accept(out);
                return;
            }
        }
        Asking asking = new Asking(query.copy(), question, tcp, answer);
        if (inFlight >= MAX_IN_FLIGHT) asking.end(null);
        else asking.next();
    }

    /** One question on its way through the servers. */
    private final class Asking {
        private final ByteBuf query;
        private final Question question;
        private final boolean tcp;
        private final Consumer<ByteBuf> answer;
        private final int id = IDS.nextInt(1 << 16);
        private int tries;
        private @Nullable Channel channel;
        private @Nullable ScheduledFuture<?> timer;
        private boolean over;

        Asking(ByteBuf query, Question question, boolean tcp, Consumer<ByteBuf> answer) {
            this.query = query;
            this.question = question;
            this.tcp = tcp;
            this.answer = answer;
            inFlight++;
        }

        void next() {
            List<InetSocketAddress> all = servers;
            hangUp();
            if (tries >= TRIES || all.isEmpty()) {
                end(null);
                return;
            }
            InetSocketAddress server = all.get(tries++ % all.size());
            meters.forwarded();
            timer = loop.schedule(this::next, TRY_MILLIS, TimeUnit.MILLISECONDS);
            var connecting = bootstrap().connect(server);
            channel = connecting.channel();
            connecting.addListener(done -> {
                if (over || channel != connecting.channel()) return;
                if (!done.isSuccess()) {
                    next();
                    return;
                }
                ByteBuf message = query.copy();
                message.setShort(message.readerIndex(), id);
                connecting.channel().writeAndFlush(message);
            });
        }

        private Bootstrap bootstrap() {
            boolean epoll = loop instanceof IoEventLoop io && io.isCompatible(EpollIoHandle.class);
            ChannelHandler reader = new SimpleChannelInboundHandler<Object>() {
                @Override
                protected void channelRead0(ChannelHandlerContext context, Object message) {
                    if (context.channel() != channel || over) return;
                    heard(message instanceof DatagramPacket packet ? packet.content() : (ByteBuf) message);
                }

                @Override
                public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                    if (context.channel() == channel && !over) next();
                }
            };
            Bootstrap bootstrap = new Bootstrap().group(loop);
            if (!tcp)
                return bootstrap
                        .channel(epoll ? EpollDatagramChannel.class : NioDatagramChannel.class)
                        .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(4096))
                        .handler(reader);
            return bootstrap
                    .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) TRY_MILLIS)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel created) {
                            created.pipeline()
                                    .addLast(new LengthFieldBasedFrameDecoder(Authority.MAX_TCP_BYTES, 0, 2, 0, 2))
                                    .addLast(new LengthFieldPrepender(2))
                                    .addLast(reader);
                        }
                    });
        }

        private void heard(ByteBuf message) {
            if (message.readableBytes() < Question.HEADER_BYTES
                    || message.getUnsignedShort(message.readerIndex()) != id
                    || !repeats(message)) return; // not for us, or forged: the real one may still come
            ForeignAnswer heard = ForeignAnswer.read(message, question);
            if (heard == null) return;
            if (heard.code() == Authority.SERVFAIL && tries < TRIES && servers.size() > 1) next();
            else end(heard);
        }

        /** Whether the question is ours, whatever its case. */
        private boolean repeats(ByteBuf message) {
            int length = question.end() - Question.HEADER_BYTES;
            if (message.readableBytes() < question.end()) return false;
            for (int i = 0; i < length; i++) {
                int theirs = message.getByte(message.readerIndex() + Question.HEADER_BYTES + i);
                int ours = query.getByte(query.readerIndex() + Question.HEADER_BYTES + i);
                boolean letter = (ours | 0x20) >= 'a' && (ours | 0x20) <= 'z' && i < length - 4;
                if (theirs != ours && !(letter && (theirs | 0x20) == (ours | 0x20))) return false;
            }
            return true;
        }

        private void hangUp() {
            if (timer != null) timer.cancel(false);
            if (channel != null) channel.close();
            channel = null;
        }

        /** @param heard null: nobody answered */
        void end(@Nullable ForeignAnswer heard) {
            if (over) return;
            over = true;
            hangUp();
            inFlight--;
            ByteBuf out = query.alloc().directBuffer(512);
            if (heard == null) Authority.failure(query, question, out);
            else {
                heard.write(query, question, 0, out);
                if (heard.seconds() > 0)
                    memory.entries.put(Memory.key(question, tcp), new Memory.Entry(heard, System.nanoTime()));
            }
            meters.answered(heard == null ? Authority.SERVFAIL : heard.code());
            query.release();
            answer.accept(out);
        }
    }
}
