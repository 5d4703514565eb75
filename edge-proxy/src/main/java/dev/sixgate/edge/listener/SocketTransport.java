package dev.sixgate.edge.listener;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;

/** How the event loop waits for kernel sockets. */
public enum SocketTransport {
    EPOLL {
        @Override
        public IoHandlerFactory ioHandler() {
            return EpollIoHandler.newFactory();
        }

        @Override
        ServerChannel serverChannel() {
            return new EpollServerSocketChannel();
        }
    },
    NIO {
        @Override
        public IoHandlerFactory ioHandler() {
            return NioIoHandler.newFactory();
        }

        @Override
        ServerChannel serverChannel() {
            return new NioServerSocketChannel();
        }
    };

    /** Epoll where its native library loads. */
    public static SocketTransport best() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    public abstract IoHandlerFactory ioHandler();

    abstract ServerChannel serverChannel();
}
