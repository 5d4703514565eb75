package dev.sixgate.mesh.uapi;

import dev.sixgate.mesh.underlay.MeshDriver;
import dev.sixgate.mesh.wireguard.PrivateKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/**
 * A configuration tool's connection; one for each. It may live on any event loop: whole lines are carried to the mesh's own.
 * Lines are ASCII and at most {@link #MAX_LINE} bytes; a longer one ends the connection.
 */
public final class UapiHandler extends ChannelInboundHandlerAdapter {
    static final int MAX_LINE = 256;

    private final MeshDriver driver;
    private final UapiConversation conversation;
    private final StringBuilder line = new StringBuilder();

    public UapiHandler(MeshDriver driver, PrivateKey privateKey) {
        this.driver = driver;
        conversation = new UapiConversation(
                driver.mesh(), privateKey, driver.underlayAddress().getPort());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        byte[] bytes;
        ByteBuf received = (ByteBuf) message;
        try {
            bytes = ByteBufUtil.getBytes(received);
        } finally {
            received.release();
        }
        List<String> whole = new ArrayList<>();
        for (byte one : bytes) {
            if (one == '\n') {
                whole.add(line.toString());
                line.setLength(0);
            } else if (line.length() == MAX_LINE) {
                context.close();
                return;
            } else {
                line.append((char) (one & 0xff));
            }
        }
        if (!whole.isEmpty()) carry(context, whole);
    }

    private void carry(ChannelHandlerContext context, List<String> whole) {
        try {
            driver.eventLoop().execute(() -> {
                for (String one : whole) {
                    String answer = conversation.line(one, Instant.now(), driver.nowNanos());
                    if (answer != null) context.writeAndFlush(ByteBufUtil.writeAscii(context.alloc(), answer));
                }
                driver.wake(); // peers may have changed
            });
        } catch (RejectedExecutionException e) {
            context.close(); // the mesh has ended
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
