package dev.sixgate.mesh.wireguard;

import dev.sixgate.mesh.crypto.AeadEngine;
import dev.sixgate.mesh.crypto.AeadEngines;
import dev.sixgate.mesh.crypto.X25519;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A WireGuard device. Reads no monotonic clock, starts no thread and opens no socket; the caller runs this loop:
 * <ol>
 *   <li>give it input with {@link #onDatagram}, {@link #onWorkDone} or {@link #configure},
 *   <li>call {@link #pollWork}, {@link #pollEvent} and {@link #pollDatagram} until each returns null,
 *   <li>call {@link #onTimeout} no later than {@link #nextTimeout}.
 * </ol>
 * One thread at a time. {@code nowNanos} is monotonic and never goes back.
 */
public final class WireGuard {
    public static final long NEVER = Long.MAX_VALUE;
    private static final int IPV6_HEADER_BYTES = 40;

    private final Device device;
    private final Handshakes handshakes;
    private Map<PublicKey, WireGuardPeer> peers = Map.of();
    private AllowedIps<WireGuardPeer> allowedIps = new AllowedIps<>();

    /**
     * @param random draws keys and indices: {@code SecureRandom}; a seeded one in simulation only
     * @param wallClock for the timestamps of initiations; a peer refuses us for as long as it goes back over a restart
     * @param allocator for handshake, cookie and keepalive messages
     */
    public WireGuard(
            PrivateKey privateKey,
            List<PeerConfig> peers,
            RandomGenerator random,
            InstantSource wallClock,
            ByteBufAllocator allocator,
            long nowNanos) {
        this(privateKey, peers, random, wallClock, allocator, AeadEngines.select(), nowNanos);
    }

    WireGuard(
            PrivateKey privateKey,
            List<PeerConfig> peers,
            RandomGenerator random,
            InstantSource wallClock,
            ByteBufAllocator allocator,
            AeadEngine engine,
            long nowNanos) {
        device = new Device(LocalStatic.of(privateKey), engine, random, wallClock, allocator);
        handshakes = new Handshakes(device);
        configure(peers, nowNanos);
    }

    /**
     * Adds, changes and removes peers while running; a peer that stays (same public key) keeps its sessions. A prefix given
     * to two peers goes to the later one.
     *
     * @throws IllegalArgumentException when a key comes twice or is our own, or an endpoint was not resolved; then nothing
     *     has changed
     */
    public void configure(List<PeerConfig> configs, long nowNanos) {
        check(configs);
        Map<PublicKey, WireGuardPeer> before = peers;
        Map<PublicKey, WireGuardPeer> after = LinkedHashMap.newLinkedHashMap(configs.size());
        Map<PublicKey, RemoteStatic> directory = LinkedHashMap.newLinkedHashMap(configs.size());
        AllowedIps<WireGuardPeer> routes = new AllowedIps<>();
        for (PeerConfig config : configs) {
            WireGuardPeer peer = before.get(config.publicKey());
            if (peer == null) peer = new WireGuardPeer(device, handshakes, config, nowNanos);
            after.put(config.publicKey(), peer);
            directory.put(config.publicKey(), peer.remote);
            for (Ipv6Prefix prefix : config.allowedIps()) routes.insert(prefix, peer);
        }
        peers = after;
        allowedIps = routes;
        handshakes.setPeers(after, Collections.unmodifiableMap(directory));
        for (WireGuardPeer peer : before.values())
            if (!after.containsKey(peer.config().publicKey())) peer.remove();
        for (PeerConfig config : configs) {
            WireGuardPeer peer = after.get(config.publicKey());
            if (before.containsKey(config.publicKey())) peer.configure(config, nowNanos);
            else peer.start(nowNanos);
        }
    }

    private void check(List<PeerConfig> configs) {
        PublicKey own = PublicKey.of(device.local.publicKey());
        Map<PublicKey, String> names = LinkedHashMap.newLinkedHashMap(configs.size());
        for (PeerConfig config : configs) {
            Endpoints.normalised(config.endpoint());
            if (config.publicKey().equals(own))
                throw new IllegalArgumentException("peer " + config.name() + " has our own public key");
            String other = names.put(config.publicKey(), config.name());
            if (other != null)
                throw new IllegalArgumentException(
                        "peers " + other + " and " + config.name() + " have the same public key");
        }
    }

    /**
     * Takes one UDP datagram. A handshake or cookie message is consumed; transport data is opened in place.
     *
     * @return the inner IPv6 packet (a view on the same memory, trimmed of padding, source checked against allowed
     *     IPs, owned by the caller), or null when there is none: consumed, keepalive, or dropped and counted
     */
    public @Nullable ByteBuf onDatagram(ByteBuf datagram, InetSocketAddress source, long nowNanos) {
        boolean returned = false;
        try {
            int length = datagram.readableBytes();
            if (length < Protocol.TYPE_BYTES) {
                device.drop(DropReason.MALFORMED);
                return null;
            }
            switch (datagram.getIntLE(datagram.readerIndex())) {
                case Protocol.TRANSPORT_DATA -> {
                    returned = onTransportData(datagram, source, nowNanos);
                    if (returned) return datagram;
                }
                case Protocol.INITIATION -> {
                    if (hasLength(length, Protocol.INITIATION_BYTES))
                        handshakes.onInitiation(ByteBufUtil.getBytes(datagram), source, nowNanos);
                }
                case Protocol.RESPONSE -> {
                    if (hasLength(length, Protocol.RESPONSE_BYTES))
                        handshakes.onResponse(ByteBufUtil.getBytes(datagram), source, nowNanos);
                }
                case Protocol.COOKIE_REPLY -> {
                    if (hasLength(length, Protocol.COOKIE_REPLY_BYTES))
                        handshakes.onCookieReply(ByteBufUtil.getBytes(datagram), nowNanos);
                }
                default -> device.drop(DropReason.UNKNOWN_TYPE);
            }
            return null;
        } finally {
            if (!returned) datagram.release();
        }
    }

    private boolean hasLength(int length, int expected) {
        if (length != expected) device.drop(DropReason.MALFORMED);
        return length == expected;
    }

    /** @return whether the datagram is an inner packet now */
    private boolean onTransportData(ByteBuf datagram, InetSocketAddress source, long now) {
        DropReason refused;
        if (datagram.readableBytes() < Protocol.TRANSPORT_BYTES_MIN) {
            refused = DropReason.MALFORMED;
        } else if (device.indices.find(datagram.getIntLE(datagram.readerIndex() + Protocol.TRANSPORT_RECEIVER))
                instanceof Keypair keypair) {
            refused = keypair.peer.receive(keypair, datagram, source, now);
            if (refused == null && !datagram.isReadable()) return false; // a keepalive
            if (refused == null) refused = trim(datagram, keypair.peer);
        } else {
            refused = DropReason.UNKNOWN_RECEIVER;
        }
        if (refused != null) device.drop(refused);
        return refused == null;
    }

    /** Checks what is inside, and cuts off the padding. */
    private @Nullable DropReason trim(ByteBuf packet, WireGuardPeer peer) {
        int start = packet.readerIndex();
        if (packet.getByte(start) >>> 4 != 6) return DropReason.NOT_IPV6;
        if (packet.readableBytes() < IPV6_HEADER_BYTES) return DropReason.MALFORMED;
        int length = IPV6_HEADER_BYTES + packet.getUnsignedShort(start + 4);
        if (length > packet.readableBytes()) return DropReason.MALFORMED;
        if (allowedIps.find(packet.getLong(start + 8), packet.getLong(start + 16)) != peer)
            return DropReason.SOURCE_NOT_ALLOWED;
        packet.writerIndex(start + length);
        return null;
    }

    /** Due timers of every peer. */
    public void onTimeout(long nowNanos) {
        for (WireGuardPeer peer = device.schedule.pollDue(nowNanos);
                peer != null;
                peer = device.schedule.pollDue(nowNanos)) peer.onTimeout(nowNanos);
    }

    /** When {@link #onTimeout} must be called at the latest; may turn out to have been too early. {@link #NEVER}: not now. */
    public long nextTimeout() {
        return device.schedule.next();
    }

    /** Handshake, cookie and keepalive messages to send, owned by the caller; null when none. */
    public @Nullable DatagramTrain pollDatagram(long nowNanos) {
        return device.outbound.poll();
    }

    public @Nullable HandshakeWork pollWork() {
        return device.work.poll();
    }

    /** Takes back work that has run, once; work that never ran counts as a failed handshake. */
    public void onWorkDone(HandshakeWork work, long nowNanos) {
        handshakes.apply(work, nowNanos);
    }

    /** A peer whose state changed (session established, lost, gave up, endpoint moved); null when none. */
    public @Nullable PeerEvent pollEvent() {
        return device.events.poll();
    }

    /** Cryptokey routing: the peer with the longest allowed IP that covers the address, or null. */
    public @Nullable WireGuardPeer route(long addressHigh, long addressLow) {
        return allowedIps.find(addressHigh, addressLow);
    }

    /** Ours. */
    public PublicKey publicKey() {
        return PublicKey.of(device.local.publicKey());
    }

    /** In the order of configuration. */
    public List<WireGuardPeer> peers() {
        return List.copyOf(peers.values());
    }

    /** Datagrams dropped since the start, by reason. */
    public long dropped(DropReason reason) {
        return device.dropped(reason);
    }

    /** Handshake messages answered with a cookie, under load (whitepaper §5.4.7). */
    public long cookiesSent() {
        return device.cookiesSent;
    }

    /** Handshake messages that came with a cookie of ours, under load. */
    public long cookiesAccepted() {
        return device.cookiesAccepted;
    }

    /** What seals packets here: {@code libcrypto} or {@code jdk}. */
    public String aeadEngine() {
        return device.engine.name();
    }

    /** What multiplies in handshakes here: {@code libcrypto} or {@code bouncycastle}. */
    public String handshakeEngine() {
        return X25519.engine();
    }

    /** @param keyLog told the secrets of every handshake message that is yet to be polled; null: nobody is */
    public void setKeyLog(@Nullable KeyLog keyLog) {
        device.keyLog = keyLog;
    }

    /** Forgets every peer and key, and releases what was not polled. */
    public void close(long nowNanos) {
        configure(List.of(), nowNanos);
        device.outbound.releaseAll();
    }
}
