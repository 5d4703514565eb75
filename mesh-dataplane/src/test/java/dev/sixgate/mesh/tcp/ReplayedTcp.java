package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A TCP under a script of segments that does not know whose TCP it is: ours on virtual time, or Linux' behind a TUN
 * device. Numbers as in {@link TcpScript}: its own sequence numbers count from its SYN (0), those of the remote are as
 * written. {@code ts=1001:$} echoes what it sent last.
 */
abstract class ReplayedTcp implements AutoCloseable {
    /** Longest wait for a segment that a timer sends. */
    static final long TIMER_MILLIS = 3000;

    final Deque<SegmentText> outbox = new ArrayDeque<>();
    long read;
    long written;
    private String timestamp = "0";

    enum Stack {
        SIXGATE,
        LINUX;

        /** A stack without connections. */
        ReplayedTcp idle() throws Exception {
            return this == SIXGATE ? new ReplayedSixgate() : new ReplayedLinux();
        }

        ReplayedTcp listening() throws Exception {
            ReplayedTcp tcp = idle();
            tcp.listen();
            return tcp;
        }

        /** An active open whose SYN has left. */
        ReplayedTcp connecting() throws Exception {
            ReplayedTcp tcp = idle();
            tcp.connect();
            return tcp;
        }

        /** A passive connection with MSS 1360 and SACK. */
        ReplayedTcp established() throws Exception {
            return established("mss=1360 sackOK");
        }

        ReplayedTcp established(String synOptions) throws Exception {
            return listening().establish(synOptions);
        }
    }

    abstract boolean isLinux();

    abstract void listen() throws Exception;

    /** Listens where no SYN is remembered any more, so that cookies answer. */
    abstract void listenUnderFlood() throws Exception;

    abstract void connect() throws Exception;

    /** The application answers the SYN, where that is its to do. */
    abstract void accept() throws Exception;

    /** As {@link #accept}, of the connection that a cookie made; its numbers count anew. */
    abstract void acceptByCookie() throws Exception;

    abstract void receives(String text) throws Exception;

    /** Fills the outbox with what is sent without a timer. */
    abstract void settle() throws Exception;

    /** As {@link #settle}, and lets time pass until something is sent, at most so long. */
    abstract void await(long millis) throws Exception;

    abstract void writes(int length) throws Exception;

    /** Reads so many bytes, as many as there are. */
    abstract void reads(int length) throws Exception;

    /** Whether the end of the remote's stream shows. */
    abstract boolean isAtEnd() throws Exception;

    abstract boolean isReset() throws Exception;

    abstract void shutsDown() throws Exception;

    abstract void closes() throws Exception;

    abstract void aborts() throws Exception;

    /** An ICMPv6 Packet Too Big that quotes the segment sent last. */
    abstract void isToldPacketTooBig(int mtu) throws Exception;

    ReplayedTcp establish(String synOptions) throws Exception {
        receives("SYN seq=100 " + synOptions);
        accept();
        takes("SYN-ACK seq=0 ack=101");
        String window = synOptions.contains("win=") ? synOptions.replaceAll(".*( win=\\d+).*", "$1") : "";
        receives("ACK seq=101 ack=1" + window + (synOptions.contains("ts=") ? " ts=1000:$" : ""));
        return this;
    }

    String echoed(String text) {
        return text.replace("$", timestamp);
    }

    /** The next segment, at once. */
    void sends(String text) throws Exception {
        settle();
        takes(text);
    }

    /** The next segment, at once or when a timer says. */
    void sendsInTime(String text) throws Exception {
        await(TIMER_MILLIS);
        takes(text);
    }

    /** As {@link #sendsInTime}, whatever else is sent before. */
    void sendsAmongOthers(String text) throws Exception {
        SegmentText wanted = SegmentText.parse(text);
        for (int others = 0; others < 10; others++) {
            await(TIMER_MILLIS);
            if (wanted.difference(next(text)).isEmpty()) return;
        }
        throw new AssertionError("expected " + text + " among what was sent");
    }

    private void takes(String text) throws Exception {
        if (outbox.isEmpty()) settle();
        SegmentText actual = next(text);
        assertThat(SegmentText.parse(text).difference(actual))
                .as("expected " + text + "\n     got " + actual + "\n differs")
                .isEmpty();
    }

    SegmentText next(String wanted) throws Exception {
        settle();
        SegmentText actual = outbox.poll();
        assertThat(actual).as("expected " + wanted + " but nothing was sent").isNotNull();
        String ts = actual.fields().get("ts");
        if (ts != null) timestamp = ts.substring(0, ts.indexOf(':'));
        return actual;
    }

    void sendsNothing() throws Exception {
        settle();
        assertThat(outbox).isEmpty();
    }

    /** Whatever it has sent is of no interest but for its timestamp. */
    void ignoreSent() throws Exception {
        settle();
        while (!outbox.isEmpty()) next("");
    }

    @Override
    public abstract void close();
}
