package dev.sixgate.edge.run;

import dev.sixgate.certs.acme.AcmeSettings;
import dev.sixgate.certs.pem.PemFiles;
import dev.sixgate.certs.pem.PemProblem;
import dev.sixgate.edge.anycast.AnycastSettings;
import dev.sixgate.edge.dns.DnsSettings;
import dev.sixgate.edge.networkpolicy.Policy;
import dev.sixgate.edge.servicemap.AddressRange;
import dev.sixgate.edge.servicemap.App;
import dev.sixgate.edge.sixpn.AddressBook;
import dev.sixgate.edge.source.DocumentSet;
import dev.sixgate.mesh.MeshConfig;
import dev.sixgate.mesh.ipv6.Ipv6Prefix;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An immutable, validated configuration: what {@code edge.config} compiles from the operator's documents and
 * {@code Edge} runs. Apps are units of their own; connections keep the units they began with.
 *
 * @param name edge.name
 * @param region edge.region, or empty
 * @param addresses empty: every local address, both families
 * @param drainSpread over which a drain tells connections to end; zero: at once
 * @param networks by name; empty: none is declared
 * @param certificates PEM pairs; the first is the default when no SNI matches
 * @param developmentCaHostnames host names that no file covers and the development CA stands in for
 * @param acme null: no certificate is ordered
 * @param accessLog null: none
 * @param trustedProxies whose word about their clients is believed
 * @param maxConnectionsPerClient an IPv4 address or an IPv6 /64
 * @param documents of {@code sources}, and what became of them
 * @param dns null: no names are answered
 * @param anycast null: nothing is announced
 * @param policies who may reach whom; empty: anyone anyone
 */
public record Snapshot(
        String name,
        String region,
        List<InetAddress> addresses,
        Path stateDirectory,
        Duration drainTimeout,
        Duration drainSpread,
        Map<String, Ipv6Prefix> networks,
        @Nullable MeshSettings mesh,
        List<CertificateFiles> certificates,
        List<String> developmentCaHostnames,
        @Nullable AcmeOrders acme,
        List<App> apps,
        @Nullable InetSocketAddress metrics,
        @Nullable AccessLogSettings accessLog,
        ExplainSettings explain,
        Path adminSocket,
        List<AddressRange> trustedProxies,
        int maxConnectionsPerClient,
        DocumentSet documents,
        @Nullable DnsSettings dns,
        @Nullable AnycastSettings anycast,
        List<Policy> policies) {

    /** Who has which address by this configuration. */
    public AddressBook addressBook() {
        return mesh == null
                ? new AddressBook(networks, List.of(), List.of(), apps)
                : new AddressBook(
                        networks,
                        mesh.config().addresses(),
                        mesh.config().peers().stream()
                                .map(peer -> new AddressBook.Peer(peer.name(), peer.allowedIps()))
                                .toList(),
                        apps);
    }

    /**
     * @param config of the first identity, with the ranges of all
     * @param listenPort UDP port of the first identity, the others follow; 0: any
     * @param identities each with an event loop of its own
     * @param uapi where {@code wg} may speak to the first identity; null: nowhere
     */
    public record MeshSettings(
            MeshConfig config,
            int listenPort,
            int identities,
            @Nullable Path uapi) {
        public static final int MAX_IDENTITIES = 64;

        public MeshConfig identity(int index) {
            return config.identity(index, identities);
        }

        public int listenPort(int index) {
            return listenPort == 0 ? 0 : listenPort + index;
        }
    }

    /**
     * @param hostnames empty: the names inside the certificate
     * @param passphrase the file with that of the key; null: the key is not encrypted
     */
    public record CertificateFiles(
            List<String> hostnames,
            Path certificate,
            Path privateKey,
            @Nullable Path passphrase) {
        public CertificateFiles(List<String> hostnames, Path certificate, Path privateKey) {
            this(hostnames, certificate, privateKey, null);
        }

        public PemFiles.Loaded load() throws PemProblem {
            return PemFiles.load(certificate, privateKey, passphrase == null ? null : PemFiles.passphrase(passphrase));
        }
    }

    /** @param names host names that no file covers, one certificate each */
    public record AcmeOrders(AcmeSettings settings, List<String> names) {}

    /**
     * @param to {@code stdout}, {@code stderr} or a file
     * @param sampleSuccess share of successes that are logged, 0 to 1
     */
    public record AccessLogSettings(String to, double sampleSuccess, double sampleError) {}

    /** @param keep records of failures and slow requests in the ring */
    public record ExplainSettings(int keep, int keepErrors) {}
}
