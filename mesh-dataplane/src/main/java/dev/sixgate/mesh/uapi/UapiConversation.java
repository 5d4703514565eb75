package dev.sixgate.mesh.uapi;

import dev.sixgate.mesh.Mesh;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PeerConfig;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import dev.sixgate.mesh.wireguard.WireGuardPeer;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a configuration tool, as lines without their ends: {@code get=1} or {@code set=1} and its pairs, ended by an
 * empty line, as often as the tool likes. A request is applied whole or, with an {@code errno}, not at all. Peers change live;
 * what is bound to the process ({@code private_key}, {@code listen_port}, {@code fwmark}) may be said again but not changed.
 * No clock, no socket; on the mesh's thread.
 */
public final class UapiConversation {
    /** Lines of one request; a mesh of 10,000 peers with some prefixes each fits. */
    static final int MAX_LINES = 100_000;

    private static final Logger LOG = LoggerFactory.getLogger(UapiConversation.class);

    private final Mesh mesh;
    private final PrivateKey privateKey;
    private final int listenPort;
    private final List<String> lines = new ArrayList<>();

    /** @param listenPort the UDP port that is bound */
    public UapiConversation(Mesh mesh, PrivateKey privateKey, int listenPort) {
        this.mesh = mesh;
        this.privateKey = privateKey;
        this.listenPort = listenPort;
    }

    /**
     * Takes one line.
     *
     * @param wallNow for the time of handshakes
     * @return the answer when the line ended a request, else null
     */
    public @Nullable String line(String line, Instant wallNow, long nowNanos) {
        if (!line.isEmpty()) {
            // One more than allowed is kept, so that what was too long is refused whole at its end.
            if (lines.size() <= MAX_LINES) lines.add(line);
            return null;
        }
        if (lines.isEmpty()) return null;
        List<String> request = List.copyOf(lines);
        lines.clear();
        try {
            if (request.size() > MAX_LINES)
                throw new UapiException(UapiException.EPROTO, "a request has more than " + MAX_LINES + " lines");
            return switch (request.getFirst()) {
                case "get=1" -> get(wallNow, nowNanos) + "errno=0\n\n";
                case "set=1" -> {
                    set(request.subList(1, request.size()), nowNanos);
                    yield "errno=0\n\n";
                }
                default -> throw new UapiException(UapiException.EPROTO, "a request begins with get=1 or set=1");
            };
        } catch (UapiException e) {
            LOG.warn("a configuration tool was refused: {}", e.getMessage());
            return "errno=" + -e.errno() + "\n\n"; // negative, as every implementation sends it and wg expects
        }
    }

    private String get(Instant wallNow, long nowNanos) {
        StringBuilder text = new StringBuilder();
        pair(text, "private_key", Hex.text(privateKey.toBytes()));
        pair(text, "listen_port", listenPort);
        for (WireGuardPeer peer : mesh.wireGuard().peers()) {
            PeerConfig config = peer.config();
            pair(text, "public_key", Hex.text(config.publicKey().toBytes()));
            byte[] preshared = config.presharedKey();
            if (preshared != null) pair(text, "preshared_key", Hex.text(preshared));
            InetSocketAddress endpoint = peer.endpoint();
            if (endpoint != null) pair(text, "endpoint", text(endpoint));
            long last = peer.lastHandshakeNanos();
            if (last != Long.MIN_VALUE) {
                Instant at = wallNow.minusNanos(nowNanos - last);
                pair(text, "last_handshake_time_sec", at.getEpochSecond());
                pair(text, "last_handshake_time_nsec", at.getNano());
            }
            pair(text, "tx_bytes", peer.sentBytes());
            pair(text, "rx_bytes", peer.receivedBytes());
            pair(text, "persistent_keepalive_interval", config.keepalive().toSeconds());
            for (Ipv6Prefix allowed : config.allowedIps()) pair(text, "allowed_ip", allowed);
            pair(text, "protocol_version", 1);
        }
        return text.toString();
    }

    private static void pair(StringBuilder text, String key, Object value) {
        text.append(key).append('=').append(value).append('\n');
    }

    private static String text(InetSocketAddress endpoint) {
        String host = endpoint.getAddress().getHostAddress();
        int zone = host.indexOf('%');
        if (zone >= 0) host = host.substring(0, zone);
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + endpoint.getPort();
    }

    private void set(List<String> request, long nowNanos) throws UapiException {
        Map<PublicKey, PeerConfig> peers = new LinkedHashMap<>();
        for (WireGuardPeer peer : mesh.wireGuard().peers())
            peers.put(peer.config().publicKey(), peer.config());
        PeerEdit edit = null;
        boolean dropped = false; // this peer is removed, or was to be updated only and is not there
        for (String line : request) {
            int equals = line.indexOf('=');
            if (equals < 0) throw new UapiException(UapiException.EPROTO, "a line has no \"=\"");
            String key = line.substring(0, equals);
            String value = line.substring(equals + 1);
            if (key.equals("public_key")) {
                if (edit != null && !dropped) claim(peers, edit);
                PublicKey next = PublicKey.of(PeerEdit.key(value));
                edit = new PeerEdit(next, peers.get(next));
                dropped = false;
            } else if (edit == null) {
                ofDevice(key, value, peers);
            } else if (key.equals("remove") || key.equals("update_only")) {
                requireTrue(key, value);
                dropped |= key.equals("remove") || !peers.containsKey(edit.publicKey);
                if (key.equals("remove")) peers.remove(edit.publicKey);
            } else {
                ofPeer(key, value, edit);
            }
        }
        if (edit != null && !dropped) claim(peers, edit);
        try {
            mesh.configure(List.copyOf(peers.values()), nowNanos);
        } catch (IllegalArgumentException e) {
            throw new UapiException(UapiException.EINVAL, String.valueOf(e.getMessage()));
        }
    }

    private void ofDevice(String key, String value, Map<PublicKey, PeerConfig> peers) throws UapiException {
        switch (key) {
            case "private_key" -> {
                PrivateKey asked = PrivateKey.of(PeerEdit.key(value));
                if (!asked.publicKey().equals(privateKey.publicKey())) throw bound("the private key");
            }
            case "listen_port" -> {
                if (Hex.number(key, value, 0, 65535) != listenPort) throw bound("the listen port");
            }
            case "fwmark" -> {
                if (!value.isEmpty() && Hex.number(key, value, 0, 0xffff_ffffL) != 0) throw bound("a firewall mark");
            }
            case "replace_peers" -> {
                requireTrue(key, value);
                peers.clear();
            }
            default -> throw unknown(key);
        }
    }

    private static void ofPeer(String key, String value, PeerEdit edit) throws UapiException {
        switch (key) {
            case "preshared_key" -> edit.presharedKey(value);
            case "endpoint" -> edit.endpoint(value);
            case "persistent_keepalive_interval" -> edit.keepalive(value);
            case "replace_allowed_ips" -> {
                requireTrue(key, value);
                edit.allowedIps.clear();
            }
            case "allowed_ip" -> {
                if (!edit.allow(value)) LOG.warn("{} is IPv4 and is passed over: only IPv6 lives on the mesh", value);
            }
            case "protocol_version" -> {
                if (!value.equals("1"))
                    throw new UapiException(UapiException.EOPNOTSUPP, "protocol_version is " + value + ", ours is 1");
            }
            default -> throw unknown(key);
        }
    }

    /** Puts the peer in, and takes its prefixes from whoever had them, as WireGuard does. */
    private static void claim(Map<PublicKey, PeerConfig> peers, PeerEdit edit) {
        PeerConfig claimed = edit.config();
        peers.replaceAll((key, other) -> {
            if (key.equals(edit.publicKey) || other.allowedIps().stream().noneMatch(edit.allowedIps::contains))
                return other;
            List<Ipv6Prefix> left = other.allowedIps().stream()
                    .filter(prefix -> !edit.allowedIps.contains(prefix))
                    .toList();
            return new PeerConfig(other.name(), key, other.presharedKey(), other.endpoint(), left, other.keepalive());
        });
        peers.put(edit.publicKey, claimed);
    }

    private static void requireTrue(String key, String value) throws UapiException {
        if (!value.equals("true")) throw new UapiException(UapiException.EINVAL, key + " can only be true");
    }

    private static UapiException bound(String what) {
        return new UapiException(
                UapiException.EOPNOTSUPP, what + " belongs to the process and its configuration; a restart changes it");
    }

    private static UapiException unknown(String key) {
        return new UapiException(
                UapiException.EPROTO, "unknown key \"" + key.substring(0, Math.min(40, key.length())) + "\"");
    }
}
