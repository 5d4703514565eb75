package dev.sixgate.edge.listener;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * Epoll loops on which a socket keeps its place in epoll when nobody is interested in it for a while.
 *
 * <p>A socket that is not read (back-pressure) and whose remote has closed has no interest left. Netty 4.2.18 then takes it
 * out of epoll, but remembers it as being there, and the next wish to read fails with ENOENT: the bytes still in the
 * kernel are lost and the connection ends as if broken. Here the last interest is replaced by an empty one.
 */
final class EpollLoops extends MultiThreadIoEventLoopGroup {
    /** No event is asked for; errors are told once instead of again and again. */
    private static final EpollIoOps NOTHING = EpollIoOps.EPOLLET;

    EpollLoops(int threads, ThreadFactory factory) {
        super(threads, factory, EpollIoHandler.newFactory());
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... arguments) {
        return new SingleThreadIoEventLoop(this, executor, thread -> new Handler(handlers.newHandler(thread))) {
            @Override
            public boolean isIoType(Class<? extends IoHandler> type) {
                return type == EpollIoHandler.class;
            }
        };
    }

    private record Handler(IoHandler epoll) implements IoHandler {
        @Override
        public IoRegistration register(IoHandle handle) throws Exception {
            return new Registration(epoll.register(handle));
        }

        @Override
        public void initialize() {
            epoll.initialize();
        }

        @Override
        public int run(IoHandlerContext context) {
            return epoll.run(context);
        }

        @Override
        public void prepareToDestroy() {
            epoll.prepareToDestroy();
        }

        @Override
        public void destroy() {
            epoll.destroy();
        }

        @Override
        public void wakeup() {
            epoll.wakeup();
        }

        @Override
        public boolean isCompatible(Class<? extends IoHandle> type) {
            return epoll.isCompatible(type);
        }
    }

    private record Registration(IoRegistration epoll) implements IoRegistration {
        @Override
        public long submit(IoOps ops) {
            if (!ops.equals(EpollIoOps.NONE)) return epoll.submit(ops);
            epoll.submit(NOTHING);
            return 0;
        }

        @Override
        public <T> T attachment() {
            return epoll.attachment();
        }

        @Override
        public boolean isValid() {
            return epoll.isValid();
        }

        @Override
        public boolean cancel() {
            return epoll.cancel();
        }
    }
}
