package dev.sixgate.mesh.transport;

import dev.sixgate.mesh.tcp.CongestionAlgorithm;
import dev.sixgate.mesh.tcp.TcpOptions;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The options that a TCP connection takes when it opens, as connecting and listening channels hold them. */
final class OpeningOptions {
    static final ChannelOption<?>[] OPTIONS = {
        ChannelOption.SO_KEEPALIVE,
        ChannelOption.TCP_NODELAY,
        ChannelOption.SO_SNDBUF,
        ChannelOption.SO_RCVBUF,
        MeshChannelOption.TCP_USER_TIMEOUT,
        MeshChannelOption.TCP_CONGESTION
    };

    /** Idle time before the first probe when {@code SO_KEEPALIVE} is set. */
    private static final Duration KEEPALIVE = Duration.ofSeconds(60);
    /** What 0, no connect timeout, means, since every wait has a bound: about what a kernel's SYN retries take. */
    private static final Duration NO_CONNECT_TIMEOUT = Duration.ofMinutes(2);

    private volatile boolean keepAlive;
    private volatile boolean noDelay = TcpOptions.DEFAULT.noDelay();
    private volatile int sendBufferBytes = TcpOptions.DEFAULT.sendBufferBytes();
    private volatile int receiveBufferBytes = TcpOptions.DEFAULT.receiveBufferBytes();

    private volatile int userTimeoutMillis;
    private volatile CongestionAlgorithm congestionControl = TcpOptions.DEFAULT.congestionControl();

    TcpOptions tcpOptions(int connectTimeoutMillis) {
        return new TcpOptions(
                sendBufferBytes,
                receiveBufferBytes,
                connectTimeoutMillis == 0 ? NO_CONNECT_TIMEOUT : Duration.ofMillis(connectTimeoutMillis),
                keepAlive ? KEEPALIVE : Duration.ZERO,
                noDelay,
                Duration.ofMillis(userTimeoutMillis),
                congestionControl);
    }

    void copyFrom(OpeningOptions other) {
        keepAlive = other.keepAlive;
        noDelay = other.noDelay;
        sendBufferBytes = other.sendBufferBytes;
        receiveBufferBytes = other.receiveBufferBytes;
        userTimeoutMillis = other.userTimeoutMillis;
        congestionControl = other.congestionControl;
    }

    /** @return null when the option is not one of {@link #OPTIONS} */
    @Nullable
    Object get(ChannelOption<?> option) {
        if (option == ChannelOption.SO_KEEPALIVE) return keepAlive;
        if (option == ChannelOption.TCP_NODELAY) return noDelay;
        if (option == ChannelOption.SO_SNDBUF) return sendBufferBytes;
        if (option == ChannelOption.SO_RCVBUF) return receiveBufferBytes;
        if (option == MeshChannelOption.TCP_USER_TIMEOUT) return userTimeoutMillis;
        if (option == MeshChannelOption.TCP_CONGESTION) return congestionControl;
        return null;
    }

    /** @return false when the option is not one of {@link #OPTIONS} */
    boolean set(ChannelOption<?> option, Object value) {
        if (option == ChannelOption.SO_KEEPALIVE) keepAlive = (Boolean) value;
        else if (option == ChannelOption.TCP_NODELAY) noDelay = (Boolean) value;
        else if (option == ChannelOption.SO_SNDBUF) sendBufferBytes = positive(option, (Integer) value);
        else if (option == ChannelOption.SO_RCVBUF) receiveBufferBytes = positive(option, (Integer) value);
        else if (option == MeshChannelOption.TCP_USER_TIMEOUT) userTimeoutMillis = notNegative(option, (Integer) value);
        else if (option == MeshChannelOption.TCP_CONGESTION) congestionControl = (CongestionAlgorithm) value;
        else return false;
        return true;
    }

    private static int notNegative(ChannelOption<?> option, int value) {
        if (value >= 0) return value;
        throw new IllegalArgumentException(option.name() + " is " + value + ", it must not be below 0");
    }

    static int positive(ChannelOption<?> option, int value) {
        if (value > 0) return value;
        throw new IllegalArgumentException(option.name() + " is " + value + ", it must be above 0");
    }
}
