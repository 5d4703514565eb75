package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.wireguard.PeerTimers.Timer;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One peer's live state: where it is, its sessions, its timers. Used on the owning loop only. The data path is {@link #seal}
 * and {@link #receive}; neither makes an object.
 */
public final class WireGuardPeer {
    /** Bytes in front of a packet in a transport data message (whitepaper §5.4.6). */
    public static final int HEADER_BYTES = 16;
    /** Bytes behind it: the Poly1305 tag, after up to 15 bytes of padding. */
    public static final int TAG_BYTES = 16;

    /** {@link #lastReceivedNanos} of a peer that never sent anything authentic. */
    public static final long NEVER_HEARD = Long.MIN_VALUE;

    /** {@link #readyToSend} promises room for a whole turn's packets; within the 2¹³ that REJECT_AFTER_MESSAGES leaves. */
    private static final int MESSAGES_PER_TURN = 4096;

    private static final int PADDING = 16;
    private static final byte[] NO_PRESHARED_KEY = new byte[32];

    final RemoteStatic remote;
    final CookieGenerator cookies;
    final PeerHandshake handshake = new PeerHandshake();
    final PeerTimers timers;
    private final Device device;
    private final Handshakes handshakes;
    final KeypairSet keypairs;
    private final EventQueue.Pending events = new EventQueue.Pending(this);
    private final PeerSchedule.Slot slot = new PeerSchedule.Slot(this);

    private PeerConfig config;
    private @Nullable InetSocketAddress endpoint;
    private boolean removed;
    private boolean rekeyedBeforeExpiry;
    private long lastHandshakeNanos = Long.MIN_VALUE;
    private long lastReceivedNanos = NEVER_HEARD;
    private boolean unreachable;
    private long unreachableSinceNanos;
    private long receivedBytes;
    private long sentBytes;

    /** Free for the owner above (Mesh): its per-peer transmit queue. */
    public @Nullable Object attachment;

    WireGuardPeer(Device device, Handshakes handshakes, PeerConfig config, long now) {
        this.device = device;
        this.handshakes = handshakes;
        this.remote = new RemoteStatic(config.publicKey());
        this.cookies = new CookieGenerator(remote.bytes());
        this.timers = new PeerTimers(device.random);
        this.keypairs = new KeypairSet(device.indices);
        this.config = config;
        this.endpoint = Endpoints.normalised(config.endpoint());
        timers.setPersistentKeepalive(config.keepalive().toNanos(), now);
    }

    public PeerConfig config() {
        return config;
    }

    /** Where datagrams go now; moves when the peer roams. Null while unknown. */
    public @Nullable InetSocketAddress endpoint() {
        return endpoint;
    }

    /**
     * Whether {@link #seal} would work now. When not, and an endpoint is known, a handshake is begun (or goes on, by
     * its timers), and {@link PeerEvent.SessionEstablished} tells when to ask again.
     */
    public boolean readyToSend(long nowNanos) {
        Keypair current = keypairs.current();
        if (current != null && endpoint != null && !current.isExpired(nowNanos)) {
            if (current.send.hasRoomFor(MESSAGES_PER_TURN)) return true;
        }
        // While attempts go on, asking again does not prolong them: who queues packets would never hear that we gave
        // up.
        if (!timers.isRetransmitting()) initiate(false, nowNanos);
        return false;
    }

    /**
     * Seals one packet in place as transport data. The plaintext stands at {@code index + HEADER_BYTES}; header, padding
     * (to 16, not beyond {@code mtu}) and tag are written around it, so {@code index + 16 + packetBytes + 15 + 16} must
     * be within the capacity. Indices of {@code buffer} are not moved. Call only after {@link #readyToSend} was true
     * in the same turn.
     *
     * @return length of the datagram that begins at {@code index}
     */
    public int seal(ByteBuf buffer, int index, int packetBytes, int mtu, long nowNanos) {
        Keypair current = keypairs.current();
        if (current == null || current.isExpired(nowNanos))
            throw new AssertionError("sealing without a session; ask readyToSend first");
        int padded = Math.max(packetBytes, Math.min(mtu, packetBytes + PADDING - 1 & -PADDING));
        if (padded > packetBytes) buffer.setZero(index + HEADER_BYTES + packetBytes, padded - packetBytes);
        int length = current.send.seal(buffer, index, padded);
        sentBytes += length;
        timers.authenticatedSent(nowNanos);
        if (packetBytes > 0) timers.dataSent(nowNanos);
        boolean old = current.initiator && current.ageNanos(nowNanos) > Protocol.REKEY_AFTER_TIME;
        if (old || current.send.wantsRekey()) initiate(false, nowNanos);
        reschedule();
        return length;
    }

    /** Nanoseconds of {@code nowNanos} scale at which the current session was established; {@code Long.MIN_VALUE}: never. */
    public long lastHandshakeNanos() {
        return lastHandshakeNanos;
    }

    /** When anything authentic came last, keepalives and handshakes included; {@link #NEVER_HEARD}: never. */
    public long lastReceivedNanos() {
        return lastReceivedNanos;
    }

    /** Whether a session exists that may send. */
    public boolean hasSession(long nowNanos) {
        Keypair current = keypairs.current();
        return current != null && !current.isExpired(nowNanos);
    }

    /** When the latest handshake was begun by us; {@code Long.MIN_VALUE}: never. */
    public long lastInitiationNanos() {
        return handshake.lastInitiationNanos();
    }

    /** Handshakes begun by us since anything authentic came. */
    public int unansweredInitiations() {
        return handshake.unansweredInitiations();
    }

    /** Begins a handshake although there is a session, at most one in REKEY_TIMEOUT (whitepaper §6.4); else does nothing. */
    public void refresh(long nowNanos) {
        if (!timers.isRetransmitting()) initiate(false, nowNanos);
    }

    /** Notes what the owner above found; the next authentic packet is then told as {@link PeerEvent.Reachable}. */
    public void declareUnreachable(long nowNanos) {
        unreachable = true;
        unreachableSinceNanos = nowNanos;
    }

    /** Declared unreachable, and nothing authentic since. */
    public boolean isUnreachable() {
        return unreachable;
    }

    /** No longer configured; of no further use. */
    public boolean isRemoved() {
        return removed;
    }

    /** Of UDP payload, handshakes included, as {@code wg show} counts. */
    public long receivedBytes() {
        return receivedBytes;
    }

    /** Of UDP payload, handshakes included, as {@code wg show} counts. */
    public long sentBytes() {
        return sentBytes;
    }

    @Override
    public String toString() {
        return "WireGuardPeer[" + config.name() + "]";
    }

    /**
     * Opens one transport data message in place, and does all that an authentic packet does to a peer.
     *
     * @param message whose readable bytes are the message; narrowed to the plaintext, padding included
     * @return null when opened, or why not
     */
    @Nullable
    DropReason receive(Keypair keypair, ByteBuf message, InetSocketAddress source, long now) {
        if (keypair.isExpired(now)) return DropReason.SESSION_EXPIRED;
        int length = message.readableBytes();
        DropReason refused = keypair.receive.open(message, message.readerIndex(), length);
        if (refused != null) return refused;
        message.setIndex(message.readerIndex() + HEADER_BYTES, message.writerIndex() - TAG_BYTES);
        if (keypairs.receivedWith(keypair)) established(now);
        rekeyBeforeExpiry(now);
        if (message.isReadable()) timers.dataReceived(now);
        authenticated(source, length, now);
        return null;
    }

    /** A message proved to be the peer's: that is where the peer is now. */
    void authenticated(InetSocketAddress source, int messageBytes, long now) {
        receivedBytes += messageBytes;
        lastReceivedNanos = now;
        handshake.heard();
        if (unreachable) {
            unreachable = false;
            device.events.reachable(events, now - unreachableSinceNanos);
        }
        timers.authenticatedReceived(now);
        reschedule();
        if (source.equals(endpoint)) return;
        InetSocketAddress normalised = Endpoints.normalised(source);
        if (normalised.equals(endpoint)) return;
        endpoint = normalised;
        device.events.moved(events);
    }

    void addSession(Keypair keypair, long now) {
        keypairs.add(keypair);
        timers.sessionDerived(now);
        reschedule();
    }

    /** The current session is one that both sides have. */
    void established(long now) {
        timers.handshakeComplete();
        rekeyedBeforeExpiry = false;
        lastHandshakeNanos = now;
        device.events.established(events);
    }

    /** Sends a handshake message to wherever the peer is. */
    void sendHandshake(byte[] message, long now) {
        if (endpoint == null) return;
        cookies.addMacs(message, now);
        device.outbound.add(message, endpoint);
        sentBytes += message.length;
        timers.authenticatedSent(now);
        reschedule();
    }

    /** An empty packet; without a session, a handshake instead, whose completion sends one. */
    void sendKeepalive(long now) {
        if (!readyToSend(now) || endpoint == null || device.outbound.isFull()) return;
        ByteBuf datagram = device.allocator.directBuffer(Protocol.TRANSPORT_BYTES_MIN, Protocol.TRANSPORT_BYTES_MIN);
        datagram.writerIndex(Protocol.TRANSPORT_BYTES_MIN);
        seal(datagram, 0, 0, 0, now);
        device.outbound.add(datagram, endpoint);
    }

    /** Takes over a new configuration of the same public key; sessions go on, the preshared key counts from the next handshake. */
    void configure(PeerConfig config, long now) {
        boolean beginsKeepalives =
                this.config.keepalive().isZero() && !config.keepalive().isZero();
        InetSocketAddress configured = Endpoints.normalised(config.endpoint());
        // Only a changed line of the operator's moves the peer; the same line again does not undo roaming.
        if (configured != null && !configured.equals(Endpoints.normalised(this.config.endpoint())))
            endpoint = configured;
        this.config = config;
        timers.setPersistentKeepalive(config.keepalive().toNanos(), now);
        if (beginsKeepalives) sendKeepalive(now);
        reschedule();
    }

    void start(long now) {
        if (!config.keepalive().isZero()) sendKeepalive(now);
        reschedule();
    }

    void remove() {
        removed = true;
        forgetSessions();
        handshake.creating = null;
        handshake.responding = null;
        timers.stop();
        device.schedule.remove(slot);
        device.events.forget(events);
    }

    byte[] presharedKey() {
        byte[] key = config.presharedKey();
        return key == null ? NO_PRESHARED_KEY : key;
    }

    void forgetSentInitiation() {
        SentInitiation sent = handshake.sent;
        if (sent == null) return;
        device.indices.release(sent.localIndex());
        sent.noise().destroy();
        handshake.sent = null;
    }

    void onTimeout(long now) {
        // First: a clock that jumped makes everything due at once, and a handshake begun below must live.
        if (timers.take(Timer.ZERO_KEYS, now)) forgetSessions();
        if (timers.take(Timer.RETRANSMIT_HANDSHAKE, now)) {
            if (handshake.attemptsAreOver(now)) {
                timers.gaveUp(now);
                device.events.gaveUp(events);
            } else {
                initiate(true, now);
            }
        }
        if (timers.take(Timer.KEEPALIVE, now)) {
            sendKeepalive(now);
            timers.keepaliveTaken(now);
        }
        if (timers.take(Timer.NEW_HANDSHAKE, now) && !timers.isRetransmitting()) initiate(false, now);
        if (timers.take(Timer.PERSISTENT_KEEPALIVE, now)) {
            sendKeepalive(now);
            timers.persistentKeepaliveTaken(now);
        }
        reschedule();
    }

    /** A receiver who began the session renews it before it dies, though it may have nothing to send; once a session. */
    private void rekeyBeforeExpiry(long now) {
        Keypair current = keypairs.current();
        long limit = Protocol.REJECT_AFTER_TIME - Protocol.KEEPALIVE_TIMEOUT - Protocol.REKEY_TIMEOUT;
        if (rekeyedBeforeExpiry || current == null || !current.initiator || current.ageNanos(now) <= limit) return;
        rekeyedBeforeExpiry = true;
        initiate(false, now);
    }

    private void initiate(boolean retry, long now) {
        if (removed || endpoint == null || handshake.creating != null || !handshake.mayInitiate(now)) return;
        handshakes.initiate(this, retry, now);
    }

    private void forgetSessions() {
        keypairs.clear();
        forgetSentInitiation();
    }

    private void reschedule() {
        if (!removed) device.schedule.wakeBy(slot, timers.next());
    }
}
