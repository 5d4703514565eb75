package dev.sixgate.mesh.transport;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sixgate.mesh.underlay.DriverOptions;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;

/** The ways a driver may run; every behaviour of the transport is the same on each. */
enum Underlay {
    EPOLL_WITH_OFFLOAD,
    EPOLL,
    NIO;

    IoHandlerFactory ioHandlerFactory() {
        if (this == NIO) return NioIoHandler.newFactory();
        assumeTrue(Epoll.isAvailable(), "epoll is not available here");
        return EpollIoHandler.newFactory();
    }

    DriverOptions options() {
        return new DriverOptions(this == EPOLL_WITH_OFFLOAD, 4 << 20, null);
    }
}
