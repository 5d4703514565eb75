package dev.sixgate.edge.listener;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.concurrent.ThreadFactory;

/** How the event loop waits for kernel sockets. */
public enum SocketTransport {
    EPOLL {
        @Override
        public EventLoopGroup newLoops(int threads, ThreadFactory factory) {
            return new EpollLoops(threads, factory);
        }

        @Override
        ServerChannel serverChannel() {
            return new EpollServerSocketChannel();
        }

        @Override
        DatagramChannel datagramChannel() {
            return new EpollDatagramChannel();
        }

        @Override
        boolean adopts() {
            return true;
        }
    },
    NIO {
        @Override
        public EventLoopGroup newLoops(int threads, ThreadFactory factory) {
            return new MultiThreadIoEventLoopGroup(threads, factory, NioIoHandler.newFactory());
        }

        @Override
        ServerChannel serverChannel() {
            return new NioServerSocketChannel();
        }

        @Override
        DatagramChannel datagramChannel() {
            return new NioDatagramChannel();
        }
    };

    /** Epoll where its native library loads. */
    public static SocketTransport best() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    /** The caller ends them. */
    public abstract EventLoopGroup newLoops(int threads, ThreadFactory factory);

    /** Whether it can work with sockets that somebody else bound. */
    boolean adopts() {
        return false;
    }

    abstract ServerChannel serverChannel();

    abstract DatagramChannel datagramChannel();
}
