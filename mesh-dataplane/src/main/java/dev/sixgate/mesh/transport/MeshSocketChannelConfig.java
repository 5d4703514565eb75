package dev.sixgate.mesh.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DuplexChannelConfig;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Options of a {@link MeshSocketChannel}. {@code SO_SNDBUF}, {@code SO_RCVBUF}, {@code SO_KEEPALIVE}, {@code TCP_NODELAY}
 * and {@code CONNECT_TIMEOUT_MILLIS} are taken when the connection opens; of a server's child the first four come from the
 * server. {@code SO_LINGER} 0 makes close a reset; other values are as none.
 */
public final class MeshSocketChannelConfig extends DefaultChannelConfig implements DuplexChannelConfig {
    private final MeshSocketChannel owner;
    private final OpeningOptions opening = new OpeningOptions();
    private volatile boolean allowHalfClosure;
    private volatile int linger = -1;

    MeshSocketChannelConfig(MeshSocketChannel channel) {
        super(channel);
        this.owner = channel;
    }

    OpeningOptions opening() {
        return opening;
    }

    boolean resetsOnClose() {
        return linger == 0;
    }

    @Override
    protected void autoReadCleared() {
        owner.reads().clear();
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(
                getOptions(super.getOptions(), OpeningOptions.OPTIONS),
                ChannelOption.ALLOW_HALF_CLOSURE,
                ChannelOption.SO_LINGER);
    }

    @SuppressWarnings("unchecked")
    @Override
    public <T> @Nullable T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) return (T) Boolean.valueOf(allowHalfClosure);
        if (option == ChannelOption.SO_LINGER) return (T) Integer.valueOf(linger);
        Object value = opening.get(option);
        return value == null ? super.getOption(option) : (T) value;
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) allowHalfClosure = (Boolean) value;
        else if (option == ChannelOption.SO_LINGER) linger = (Integer) value;
        else if (!opening.set(option, value)) return super.setOption(option, value);
        return true;
    }

    @Override
    public boolean isAllowHalfClosure() {
        return allowHalfClosure;
    }

    @Override
    public MeshSocketChannelConfig setAllowHalfClosure(boolean value) {
        allowHalfClosure = value;
        return this;
    }

    @Override
    public MeshSocketChannelConfig setConnectTimeoutMillis(int value) {
        super.setConnectTimeoutMillis(value);
        return this;
    }

    @Override
    @Deprecated
    public MeshSocketChannelConfig setMaxMessagesPerRead(int value) {
        super.setMaxMessagesPerRead(value);
        return this;
    }

    @Override
    public MeshSocketChannelConfig setWriteSpinCount(int value) {
        super.setWriteSpinCount(value);
        return this;
    }

    @Override
    public MeshSocketChannelConfig setAllocator(ByteBufAllocator value) {
        super.setAllocator(value);
        return this;
    }

    @Override
    public MeshSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator value) {
        super.setRecvByteBufAllocator(value);
        return this;
    }

    @Override
    public MeshSocketChannelConfig setAutoRead(boolean value) {
        super.setAutoRead(value);
        return this;
    }

    @Override
    public MeshSocketChannelConfig setAutoClose(boolean value) {
        super.setAutoClose(value);
        return this;
    }

    @Override
    public MeshSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator value) {
        super.setMessageSizeEstimator(value);
        return this;
    }

    @Override
    public MeshSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark value) {
        super.setWriteBufferWaterMark(value);
        return this;
    }
}
