package dev.sixgate.mesh.transport;

import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Options of a {@link MeshServerSocketChannel}, taken at bind: {@code SO_BACKLOG}, {@link MeshChannelOption#AUTO_ACCEPT},
 * and for its children {@code SO_SNDBUF}, {@code SO_RCVBUF}, {@code SO_KEEPALIVE}, {@code TCP_NODELAY} and
 * {@code CONNECT_TIMEOUT_MILLIS} (how long an opening may take). {@code SO_REUSEADDR} is accepted and always so.
 */
public final class MeshServerSocketChannelConfig extends DefaultChannelConfig {
    private static final int DEFAULT_BACKLOG = 1024;

    private final MeshServerSocketChannel owner;
    private final OpeningOptions opening = new OpeningOptions();
    private volatile boolean autoAccept = true;
    private volatile int backlog = DEFAULT_BACKLOG;

    MeshServerSocketChannelConfig(MeshServerSocketChannel channel) {
        super(channel);
        this.owner = channel;
    }

    OpeningOptions opening() {
        return opening;
    }

    public boolean isAutoAccept() {
        return autoAccept;
    }

    public int getBacklog() {
        return backlog;
    }

    @Override
    protected void autoReadCleared() {
        owner.reads().clear();
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(
                getOptions(super.getOptions(), OpeningOptions.OPTIONS),
                MeshChannelOption.AUTO_ACCEPT,
                ChannelOption.SO_BACKLOG,
                ChannelOption.SO_REUSEADDR);
    }

    @SuppressWarnings("unchecked")
    @Override
    public <T> @Nullable T getOption(ChannelOption<T> option) {
        if (option == MeshChannelOption.AUTO_ACCEPT) return (T) Boolean.valueOf(autoAccept);
        if (option == ChannelOption.SO_BACKLOG) return (T) Integer.valueOf(backlog);
        if (option == ChannelOption.SO_REUSEADDR) return (T) Boolean.TRUE;
        Object value = opening.get(option);
        return value == null ? super.getOption(option) : (T) value;
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == MeshChannelOption.AUTO_ACCEPT) autoAccept = (Boolean) value;
        else if (option == ChannelOption.SO_BACKLOG) backlog = OpeningOptions.positive(option, (Integer) value);
        else if (option != ChannelOption.SO_REUSEADDR && !opening.set(option, value))
            return super.setOption(option, value);
        return true;
    }
}
