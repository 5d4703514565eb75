package dev.sixgate.mesh.wireguard;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/**
 * From a handshake message to a session, in both roles (whitepaper §5.4.2 to §5.4.5 and §5.4.7). Each step is a {@link
 * HandshakeWork} that holds all it needs; its result is applied only if it still is what the peer waits for.
 */
final class Handshakes {
    private final Device device;
    private final CookieChecker cookies;
    private final HandshakeRateLimiter limiter = new HandshakeRateLimiter();
    private Map<PublicKey, WireGuardPeer> peers = Map.of();
    private Map<PublicKey, RemoteStatic> directory = Map.of();

    Handshakes(Device device) {
        this.device = device;
        this.cookies = new CookieChecker(device.local.publicKey(), device.random);
    }

    /** @param directory the keys of {@code peers}; work in other threads reads it, so it is never changed */
    void setPeers(Map<PublicKey, WireGuardPeer> peers, Map<PublicKey, RemoteStatic> directory) {
        this.peers = peers;
        this.directory = directory;
    }

    /** Begins a handshake with a peer whose endpoint is known. */
    void initiate(WireGuardPeer peer, boolean retry, long now) {
        peer.handshake.initiating(retry, now);
        byte[] timestamp = peer.handshake.nextTimestamp(device.wallClock.instant());
        byte[] ephemeral = device.drawKey();
        var work = new InitiationCreation(peer, device.indices.reserve(), device.local, ephemeral, timestamp);
        peer.handshake.creating = work;
        device.work.add(work);
    }

    void onInitiation(byte[] message, InetSocketAddress source, long now) {
        if (!admits(message, source, now)) return;
        int noiseEnd = Protocol.INITIATION_NOISE + Protocol.INITIATION_NOISE_BYTES;
        byte[] noise = Arrays.copyOfRange(message, Protocol.INITIATION_NOISE, noiseEnd);
        int sender = intAt(message, Protocol.INITIATION_SENDER);
        offer(new InitiationReading(sender, noise, device.local, directory, source, now));
    }

    void onResponse(byte[] message, InetSocketAddress source, long now) {
        SessionIndexTable.Owner owner = device.indices.find(intAt(message, Protocol.RESPONSE_RECEIVER));
        if (!(owner instanceof SentInitiation sent)) {
            device.drop(DropReason.UNKNOWN_RECEIVER);
            return;
        }
        if (!admits(message, source, now)) return;
        int noiseEnd = Protocol.RESPONSE_NOISE + Protocol.RESPONSE_NOISE_BYTES;
        byte[] noise = Arrays.copyOfRange(message, Protocol.RESPONSE_NOISE, noiseEnd);
        int sender = intAt(message, Protocol.RESPONSE_SENDER);
        offer(new ResponseReading(sent, sender, noise, device.local, sent.peer().presharedKey(), source));
    }

    void onCookieReply(byte[] message, long now) {
        WireGuardPeer peer = switch (device.indices.find(intAt(message, Protocol.COOKIE_REPLY_RECEIVER))) {
            case SentInitiation sent -> sent.peer();
            case Keypair keypair -> keypair.peer;
            case SessionIndexTable.Reserved _ -> null;
            case null -> null;
        };
        if (peer == null) device.drop(DropReason.UNKNOWN_RECEIVER);
        else if (!peer.cookies.onReply(message, now)) device.drop(DropReason.BAD_TAG);
    }

    void apply(HandshakeWork work, long now) {
        switch (work) {
            case InitiationCreation creation -> apply(creation, now);
            case ResponseCreation creation -> apply(creation, now);
            case InitiationReading reading -> {
                device.work.inboundDone();
                apply(reading, now);
            }
            case ResponseReading reading -> {
                device.work.inboundDone();
                apply(reading, now);
            }
        }
    }

    private void apply(InitiationCreation work, long now) {
        WireGuardPeer peer = work.peer;
        InitiationCreation.Written written = work.written;
        boolean current = peer.handshake.creating == work;
        if (current) peer.handshake.creating = null;
        if (current) logKeys(peer, work.ephemeral);
        Arrays.fill(work.ephemeral, (byte) 0);
        if (!current || written == null) {
            device.indices.release(work.localIndex);
            return;
        }
        byte[] message = message(Protocol.INITIATION_BYTES, Protocol.INITIATION)
                .putInt(work.localIndex)
                .put(written.message())
                .array();
        peer.forgetSentInitiation();
        SentInitiation sent = new SentInitiation(peer, work.localIndex, written.noise());
        peer.handshake.sent = sent;
        device.indices.assign(work.localIndex, sent);
        peer.timers.initiationSent(now);
        peer.sendHandshake(message, now);
    }

    private void apply(InitiationReading work, long now) {
        switch (work.outcome) {
            case null -> device.drop(DropReason.BAD_HANDSHAKE);
            case InitiationReading.Refused refused -> device.drop(refused.reason());
            case InitiationReading.Authentic authentic -> respond(authentic, work, now);
        }
    }

    private void respond(InitiationReading.Authentic initiation, InitiationReading work, long now) {
        WireGuardPeer peer = peers.get(initiation.initiator());
        DropReason refused = peer == null
                ? DropReason.UNKNOWN_PEER
                : peer.handshake.accept(initiation.timestamp(), work.arrivalNanos);
        if (peer == null || refused != null) {
            device.drop(refused);
            return;
        }
        peer.authenticated(work.source, Protocol.INITIATION_BYTES, now);
        byte[] ephemeral = device.drawKey();
        var response = new ResponseCreation(
                peer, device.indices.reserve(), work.remoteIndex, initiation.noise(), ephemeral, peer.presharedKey());
        peer.handshake.responding = response;
        device.work.add(response);
    }

    private void apply(ResponseCreation work, long now) {
        WireGuardPeer peer = work.peer;
        ResponseCreation.Written written = work.written;
        boolean current = peer.handshake.responding == work;
        if (current) peer.handshake.responding = null;
        if (current) logKeys(peer, work.ephemeral);
        Arrays.fill(work.ephemeral, (byte) 0);
        if (!current || written == null) {
            if (current) device.drop(DropReason.BAD_HANDSHAKE);
            device.indices.release(work.localIndex);
            return;
        }
        byte[] message = message(Protocol.RESPONSE_BYTES, Protocol.RESPONSE)
                .putInt(work.localIndex)
                .putInt(work.remoteIndex)
                .put(written.message())
                .array();
        peer.addSession(
                new Keypair(peer, device.engine, written.keys(), work.localIndex, work.remoteIndex, false, now), now);
        peer.sendHandshake(message, now);
    }

    private void apply(ResponseReading work, long now) {
        NoiseHandshake.TransportKeys keys = work.keys;
        SentInitiation sent = work.sent;
        WireGuardPeer peer = sent.peer();
        if (keys == null) {
            device.drop(DropReason.BAD_HANDSHAKE);
        } else if (peer.handshake.sent != sent) {
            device.drop(DropReason.UNKNOWN_RECEIVER);
        } else {
            peer.handshake.sent = null;
            sent.noise().destroy();
            peer.authenticated(work.source, Protocol.RESPONSE_BYTES, now);
            peer.addSession(
                    new Keypair(peer, device.engine, keys, sent.localIndex(), work.remoteIndex, true, now), now);
            peer.established(now);
            // Confirms the session to the responder, who may not send before (whitepaper §5.4.4).
            peer.sendKeepalive(now);
        }
    }

    /** mac1 always; mac2 and a rate limit while under load, when a sender without a cookie gets one. */
    private boolean admits(byte[] message, InetSocketAddress source, long now) {
        if (!cookies.hasMac1(message)) {
            device.drop(DropReason.BAD_MAC1);
            return false;
        }
        if (!device.work.isUnderLoad(now)) return true;
        if (cookies.hasMac2(message, source, now)) {
            device.cookiesAccepted++;
            if (limiter.admits(source, now)) return true;
        } else {
            device.cookiesSent++;
            device.outbound.add(cookies.reply(message, source, now), source);
        }
        device.drop(DropReason.UNDER_LOAD);
        return false;
    }

    private void offer(HandshakeWork work) {
        if (!device.work.offerInbound(work)) device.drop(DropReason.UNDER_LOAD);
    }

    private void logKeys(WireGuardPeer peer, byte[] ephemeral) {
        KeyLog log = device.keyLog;
        if (log == null) return;
        Base64.Encoder base64 = Base64.getEncoder();
        log.line("LOCAL_STATIC_PRIVATE_KEY = " + base64.encodeToString(device.local.privateKey()));
        log.line("REMOTE_STATIC_PUBLIC_KEY = " + base64.encodeToString(peer.remote.bytes()));
        log.line("LOCAL_EPHEMERAL_PRIVATE_KEY = " + base64.encodeToString(ephemeral));
        log.line("PRESHARED_KEY = " + base64.encodeToString(peer.presharedKey()));
    }

    private static ByteBuffer message(int bytes, int type) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(type);
    }

    private static int intAt(byte[] message, int index) {
        return ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(index);
    }
}
