package dev.sixgate.mesh.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/**
 * Keeps what a channel told, for a test to wait for. Event names: {@code active}, {@code inactive}, {@code unregistered},
 * {@code input shutdown}, {@code input read}, {@code output shutdown}, {@code writable}, {@code unwritable} and
 * {@code exception: …}.
 */
@Sharable
final class Observer extends ChannelInboundHandlerAdapter {
    private static final long SECONDS = 10;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<String> events = new ArrayList<>();
    private int reads;

    synchronized List<String> events() {
        return List.copyOf(events);
    }

    synchronized int reads() {
        return reads;
    }

    synchronized int receivedBytes() {
        return bytes.size();
    }

    /** Waits until {@code count} bytes were received; more are a failure of the caller's test, not of this. */
    synchronized byte[] awaitBytes(int count) throws Exception {
        await(o -> o.bytes.size() >= count, count + " bytes");
        return bytes.toByteArray();
    }

    synchronized void awaitEvent(String event) throws Exception {
        await(o -> o.events.contains(event), event);
    }

    private void await(Predicate<Observer> condition, String what) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!condition.test(this)) {
            long left = deadline - System.nanoTime();
            if (left <= 0)
                throw new TimeoutException("waited for " + what + ", saw " + bytes.size() + " bytes and " + events);
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    private synchronized void saw(String event) {
        events.add(event);
        notifyAll();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        saw("active");
        context.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        saw("inactive");
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext context) {
        saw("unregistered");
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf read = (ByteBuf) message;
        byte[] copy = new byte[read.readableBytes()];
        read.readBytes(copy);
        read.release();
        synchronized (this) {
            reads++;
            bytes.writeBytes(copy);
            notifyAll();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        saw(context.channel().isWritable() ? "writable" : "unwritable");
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent) saw("input shutdown");
        else if (event instanceof ChannelInputShutdownReadComplete) saw("input read");
        else if (event instanceof ChannelOutputShutdownEvent) saw("output shutdown");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        saw("exception: " + cause.getMessage());
    }
}
