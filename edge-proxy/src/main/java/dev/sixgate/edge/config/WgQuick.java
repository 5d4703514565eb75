package dev.sixgate.edge.config;

import dev.sixgate.edge.config.Addresses.HostAndPort;
import dev.sixgate.edge.config.MeshDraft.Located;
import dev.sixgate.edge.config.MeshDraft.Peer;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * wg-quick(8) files: {@code [Interface]} and {@code [Peer]} sections. IPv4 is passed over with a warning, since only IPv6 lives on
 * the mesh; commands are passed over with a warning, since there is no interface to run them for. Messages never repeat a value
 * that may be a key.
 */
final class WgQuick {
    /** Meant for the kernel's interface or the resolver; without meaning here. */
    private static final Set<String> QUIET = Set.of("dns", "table", "saveconfig", "fwmark");

    private static final Set<String> COMMANDS = Set.of("preup", "postup", "predown", "postdown");
    private static final List<String> INTERFACE_KEYS = List.of("PrivateKey", "Address", "ListenPort", "MTU", "DNS");
    private static final List<String> PEER_KEYS =
            List.of("PublicKey", "PresharedKey", "AllowedIPs", "Endpoint", "PersistentKeepalive");

    private final String file;
    private final String pointer;
    private final Problems problems;

    private boolean sawInterface;
    private @Nullable PrivateKey privateKey;
    private boolean sawPrivateKey;
    private int listenPort;
    private Located<Integer> mtu;
    private final List<Located<Ipv6Prefix>> own = new ArrayList<>();
    private final List<PeerSection> sections = new ArrayList<>();

    private enum Section {
        NONE,
        INTERFACE,
        PEER,
        /** Told once at its header. */
        UNKNOWN
    }

    private static final class PeerSection {
        final String name;
        final Spot spot;
        boolean sawPublicKey;

        @Nullable
        Located<PublicKey> publicKey;

        byte @Nullable [] presharedKey;

        @Nullable
        Located<HostAndPort> endpoint;

        final List<Located<Ipv6Prefix>> allowedIps = new ArrayList<>();
        boolean sawBadAllowedIp;
        boolean sawIpv4;
        Duration keepalive = Duration.ZERO;

        PeerSection(String name, Spot spot) {
            this.name = name;
            this.spot = spot;
        }
    }

    private WgQuick(String file, String pointer, Problems problems) {
        this.file = file;
        this.pointer = pointer;
        this.problems = problems;
        mtu = new Located<>(MeshConfig.DEFAULT_MTU, spot(0, 0));
    }

    /**
     * @param file as shown in problems
     * @param pointer of the key that named the file; empty when a command did
     */
    static MeshDraft read(String file, String pointer, byte[] bytes, Problems problems) {
        return new WgQuick(file, pointer, problems).parse(new String(bytes, StandardCharsets.UTF_8));
    }

    /** How {@code name}, written in {@code mainFile}, looks from where the operator stands. */
    static String sibling(String mainFile, String name) {
        try {
            return Quoted.bare(Path.of(mainFile).resolveSibling(name).toString());
        } catch (InvalidPathException e) {
            return Quoted.bare(name);
        }
    }

    static boolean isIpv4Prefix(String text) {
        String address = text.replaceFirst("/[0-9]{1,2}$", "");
        return address.indexOf(':') < 0 && Addresses.literal(address) != null;
    }

    private MeshDraft parse(String text) {
        String[] lines = text.split("\r\n|\n|\r", -1);
        PeerSection peer = null;
        Section section = Section.NONE;
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].replaceFirst("#.*", "");
            String content = line.strip();
            if (content.isEmpty()) continue;
            Spot start = spot(i, line.indexOf(content));
            if (content.startsWith("[")) {
                section = section(content, start);
                if (section == Section.PEER) {
                    peer = new PeerSection("peer-" + (sections.size() + 1), start);
                    sections.add(peer);
                }
                continue;
            }
            if (section == Section.UNKNOWN) continue;
            int equals = line.indexOf('=');
            if (equals < 0 || section == Section.NONE) {
                problems.error(
                        Code.MESH_012,
                        start,
                        section != Section.NONE
                                ? "expected \"Key = value\""
                                : "expected [Interface] or [Peer] before this line");
                continue;
            }
            String value = line.substring(equals + 1).strip();
            Spot valueSpot = spot(i, value.isEmpty() ? equals : line.indexOf(value, equals + 1));
            String key = line.substring(0, equals).strip();
            if (value.isEmpty()) problems.error(Code.MESH_012, valueSpot, Quoted.bare(key) + " has no value");
            else if (section == Section.INTERFACE || peer == null) interfaceKey(key, value, start, valueSpot);
            else peerKey(peer, key, value, start, valueSpot);
        }
        return draft();
    }

    private Spot spot(int lineIndex, int columnIndex) {
        return new Spot(file, lineIndex + 1, columnIndex + 1, pointer);
    }

    private Section section(String header, Spot spot) {
        switch (header.toLowerCase(Locale.ROOT)) {
            case "[interface]" -> {
                if (sawInterface) problems.error(Code.MESH_012, spot, "[Interface] appears twice", "merge them");
                sawInterface = true;
                return Section.INTERFACE;
            }
            case "[peer]" -> {
                return Section.PEER;
            }
            default -> {
                problems.error(Code.MESH_012, spot, "unknown section " + Quoted.bare(header), "[Interface] or [Peer]");
                return Section.UNKNOWN;
            }
        }
    }

    private void interfaceKey(String key, String value, Spot spot, Spot valueSpot) {
        String lower = key.toLowerCase(Locale.ROOT);
        if (QUIET.contains(lower)) return;
        if (COMMANDS.contains(lower)) {
            problems.warning(
                    Code.MESH_013,
                    spot,
                    Quoted.bare(key) + " is passed over: there is no interface to run commands for");
            return;
        }
        switch (lower) {
            case "privatekey" -> {
                sawPrivateKey = true;
                try {
                    privateKey = PrivateKey.parse(value);
                } catch (IllegalArgumentException e) {
                    badKey(valueSpot, "PrivateKey", e);
                }
            }
            case "address" -> eachItem(value, item -> address(item, valueSpot));
            case "listenport" -> listenPort = whole(key, value, valueSpot, 0, 65535, listenPort);
            case "mtu" ->
                mtu = new Located<>(whole(key, value, valueSpot, 0, 65535, MeshConfig.DEFAULT_MTU), valueSpot);
            default -> unknown(key, spot, INTERFACE_KEYS);
        }
    }

    private void peerKey(PeerSection peer, String key, String value, Spot spot, Spot valueSpot) {
        switch (key.toLowerCase(Locale.ROOT)) {
            case "publickey" -> {
                peer.sawPublicKey = true;
                try {
                    peer.publicKey = new Located<>(PublicKey.parse(value), valueSpot);
                } catch (IllegalArgumentException e) {
                    badKey(valueSpot, "PublicKey of " + Quoted.of(peer.name), e);
                }
            }
            case "presharedkey" -> {
                try {
                    peer.presharedKey = PublicKey.parse(value).toBytes();
                } catch (IllegalArgumentException e) {
                    badKey(valueSpot, "PresharedKey of " + Quoted.of(peer.name), e);
                }
            }
            case "allowedips" -> eachItem(value, item -> allowedIp(peer, item, valueSpot));
            case "endpoint" -> {
                HostAndPort host = new Addresses(problems).hostAndPort(value, valueSpot, true, "Endpoint");
                peer.endpoint = host == null ? null : new Located<>(host, valueSpot);
            }
            case "persistentkeepalive" ->
                peer.keepalive = value.equalsIgnoreCase("off")
                        ? Duration.ZERO
                        : Duration.ofSeconds(whole(key, value, valueSpot, 0, 65535, 0));
            default -> unknown(key, spot, PEER_KEYS);
        }
    }

    /** What is wrong with a key, to stand behind its name: {@code decodes to 31 bytes, WireGuard keys have 32}. */
    static String why(IllegalArgumentException badKey) {
        String sentence = String.valueOf(badKey.getMessage());
        return sentence.startsWith("this ") ? sentence.substring("this ".length()) : sentence;
    }

    private void badKey(Spot spot, String what, IllegalArgumentException why) {
        problems.error(Code.MESH_001, spot, what + " " + why(why), "a character was probably lost when copying");
    }

    private void unknown(String key, Spot spot, List<String> known) {
        String question = NearestWord.question(key, known);
        problems.error(
                Code.MESH_012,
                spot,
                "unknown key " + Quoted.of(key),
                (question == null ? "" : question + " ") + "known here: " + String.join(", ", known));
    }

    private static void eachItem(String value, Consumer<String> use) {
        for (String item : value.split(",")) if (!item.isBlank()) use.accept(item.strip());
    }

    /** An address with host bits is one address of ours; without them, a range of ours. */
    private void address(String text, Spot spot) {
        Ipv6Prefix prefix = prefix(text, spot, "Address");
        if (prefix == null) return;
        Ipv6Address written = Ipv6Address.parse(text.replaceFirst("/.*", ""));
        own.add(new Located<>(written.equals(prefix.address()) ? prefix : new Ipv6Prefix(written, 128), spot));
    }

    private void allowedIp(PeerSection peer, String text, Spot spot) {
        Ipv6Prefix prefix = prefix(text, spot, "AllowedIPs");
        if (prefix != null) peer.allowedIps.add(new Located<>(prefix, spot));
        else if (isIpv4Prefix(text)) peer.sawIpv4 = true;
        else peer.sawBadAllowedIp = true;
    }

    private @Nullable Ipv6Prefix prefix(String text, Spot spot, String key) {
        if (isIpv4Prefix(text)) {
            problems.warning(Code.MESH_013, spot, text + " is IPv4 and is passed over: only IPv6 lives on the mesh");
            return null;
        }
        try {
            return Ipv6Prefix.parse(text);
        } catch (IllegalArgumentException e) {
            problems.error(Code.MESH_012, spot, key + ": " + Quoted.of(text) + " is not an address with a prefix");
            return null;
        }
    }

    private int whole(String key, String value, Spot spot, int least, int most, int absent) {
        if (value.matches("[0-9]{1,9}")) {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) return number;
        }
        problems.error(
                Code.MESH_012,
                spot,
                Quoted.bare(key) + ": " + Quoted.of(value) + " is not a number between " + least + " and " + most);
        return absent;
    }

    private MeshDraft draft() {
        Spot top = spot(0, 0);
        if (!sawInterface) problems.error(Code.MESH_012, top, "the file has no [Interface] section");
        else if (!sawPrivateKey) problems.error(Code.MESH_012, top, "[Interface] has no PrivateKey");
        if (sawInterface && own.isEmpty())
            problems.error(Code.MESH_012, top, "[Interface] has no IPv6 Address", "Address = fdaa:…:10/128");
        List<Peer> peers = new ArrayList<>();
        for (PeerSection section : sections) {
            if (!section.sawPublicKey) problems.error(Code.MESH_012, section.spot, "this [Peer] has no PublicKey");
            if (section.allowedIps.isEmpty() && !section.sawBadAllowedIp) {
                if (section.sawIpv4) {
                    problems.warning(
                            Code.MESH_013, section.spot, "this [Peer] has IPv4 prefixes only and is passed over");
                    continue;
                }
                problems.error(
                        Code.MESH_012,
                        section.spot,
                        "this [Peer] has no AllowedIPs, so nothing could reach it",
                        "AllowedIPs = fdaa:0:48c8::/48, say");
            }
            peers.add(new Peer(
                    section.name,
                    "",
                    section.publicKey,
                    section.presharedKey,
                    section.endpoint,
                    section.allowedIps,
                    section.keepalive,
                    false));
        }
        return new MeshDraft(top, privateKey, own, listenPort, mtu, new Located<>(1, top), null, peers);
    }
}
