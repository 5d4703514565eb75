package dev.sixgate.mesh.tcp;

import static org.assertj.core.api.Assertions.assertThat;

/** Our stack, on virtual time. */
final class ReplayedSixgate extends ReplayedTcp {
    private final TcpScript script = TcpScript.idle();
    private SegmentText latest = SegmentText.parse("NONE");

    @Override
    boolean isLinux() {
        return false;
    }

    @Override
    void listen() {
        script.listen(TcpOptions.DEFAULT, 16);
    }

    @Override
    void listenUnderFlood() {
        int backlog = 4;
        script.listen(TcpOptions.DEFAULT, backlog);
        for (int stranger = 1; stranger <= backlog; stranger++) {
            script.fromPort(stranger);
            script.receives("SYN seq=7 mss=1360");
            script.takePending();
        }
        script.fromPort(TcpScript.REMOTE_PORT);
    }

    @Override
    void acceptByCookie() {
        script.adopt(script.takePending());
        script.connection().accept(script.now);
        script.after(0);
    }

    @Override
    void connect() {
        script.connect(TcpOptions.DEFAULT);
    }

    @Override
    void accept() {
        script.accept();
    }

    @Override
    void receives(String text) throws Exception {
        settle();
        script.receives(echoed(text));
    }

    @Override
    void settle() {
        while (script.pendingSegments() > 0) {
            latest = script.takeNext();
            outbox.add(latest);
        }
    }

    @Override
    void await(long millis) {
        settle();
        for (long passed = 0; passed < millis && outbox.isEmpty(); passed++) {
            script.after(1);
            settle();
        }
    }

    @Override
    void writes(int length) {
        script.writes(length);
    }

    @Override
    void reads(int length) {
        assertThat(script.reads()).isEqualTo(length);
    }

    @Override
    boolean isAtEnd() {
        return script.connection().isInputShutdown() && script.connection().readableBytes() == 0;
    }

    @Override
    boolean isReset() {
        return script.connection().failure() != null;
    }

    @Override
    void shutsDown() {
        script.shutsDown();
    }

    @Override
    void closes() {
        script.closes();
    }

    @Override
    void aborts() {
        script.aborts();
    }

    @Override
    void isToldPacketTooBig(int mtu) {
        settle();
        script.stack.onIcmpError(
                TcpScript.LOCAL,
                TcpScript.PORT,
                TcpScript.REMOTE,
                TcpScript.REMOTE_PORT,
                (int) (script.connection().send.initial() + latest.number("seq", 0)),
                new TcpStack.IcmpError.PacketTooBig(mtu),
                script.now);
        script.after(0);
    }

    @Override
    public void close() {
        script.close();
    }
}
