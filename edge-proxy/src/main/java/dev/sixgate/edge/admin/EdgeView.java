package dev.sixgate.edge.admin;

import dev.sixgate.edge.explain.RecordRing;
import dev.sixgate.edge.sixpn.AddressBook;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What can be asked of a running edge. Any thread; no method blocks. In JSON, names are in snake_case. */
public interface EdgeView {
    Status status();

    /** One without a peer and key when the edge has none. */
    MeshView mesh();

    AnycastView anycast();

    /** Reads the configuration again; the stage ends with the verdict and never fails. */
    CompletionStage<ReloadVerdict> reload();

    /** What a file would change. @param file absolute; null: the one that the edge follows */
    CompletionStage<DiffAnswer> diff(@Nullable String file);

    /**
     * Serves a file, and follows it from then on.
     *
     * @param file absolute; null: the one that the edge follows
     * @param rollbackIf such as {@code p99>250ms|error_rate>1%}; null: it stays
     * @throws IllegalArgumentException with a plain sentence about {@code rollbackIf}
     */
    CompletionStage<ApplyAnswer> apply(@Nullable String file, @Nullable String rollbackIf, Duration within);

    /** Serves what was served before the last change. */
    CompletionStage<ApplyAnswer> rollback();

    /**
     * Another process has this one's sockets: accepts no more, and ends once work under way has, or after this time.
     *
     * @return false: this process does not end that way
     */
    boolean handOver(Duration within);

    /** What became of the last configuration that was applied on approval; null: there was none. */
    @Nullable
    TrialStatus trial();

    RecordRing records();

    /** What TLS serves with, and what is still on its way. */
    List<CertificateStatus> certificates();

    /** Who has an address, or which addresses one has: by an address, or the name of an app, backend or peer. */
    AddressBook.Answer whois(String asked);

    /** What our zones say of a name. @param type such as {@code AAAA} */
    NameStatus name(String name, String type);

    /** The metrics in Prometheus' text format. */
    CompletionStage<String> metrics();

    /** @param lastReload null: the configuration is the one it started with */
    record Status(
            String name,
            String region,
            long pid,
            String startedAt,
            double uptimeSeconds,
            boolean draining,
            long version,
            int connections,
            String tls,
            List<ListenerStatus> listeners,
            List<AppStatus> apps,
            List<DocumentStatus> documents,
            List<SourceStatus> sources,
            @Nullable ReloadVerdict lastReload) {}

    /**
     * @param names it is used for
     * @param source {@code file}, {@code acme} or {@code development CA}
     * @param expires null: there is none yet
     * @param nextRenewal when it is ordered, or ordered again; null: not by us
     * @param failures of orders, in a row
     */
    record CertificateStatus(
            List<String> names,
            String source,
            @Nullable String issuer,
            @Nullable String expires,
            @Nullable String nextRenewal,
            int failures,
            @Nullable String lastError) {}

    /**
     * A document of {@code sources}.
     *
     * @param standing {@code served}, {@code last_good} or {@code refused}
     * @param version that its source offers
     * @param servedVersion null: none is
     * @param problem why the offered version is not served
     */
    record DocumentStatus(
            String name,
            String origin,
            String standing,
            String version,
            @Nullable String servedVersion,
            @Nullable String problem) {}

    /**
     * @param status {@code NOERROR}, {@code NXDOMAIN}, or {@code REFUSED} for what is in no zone of ours
     * @param zone null: none
     */
    record NameStatus(
            String name,
            String type,
            String status,
            @Nullable String zone,
            List<String> records) {}

    /**
     * A source that is followed over a connection.
     *
     * @param complete whether all of it was heard of once
     * @param refusals what it holds and cannot be served, part by part
     * @param ageSeconds how long ago it was last known to be up to date; 0: its changes arrive at this moment
     * @param problem what it said last, if it does not work
     */
    record SourceStatus(
            String name,
            boolean complete,
            int documents,
            int refusals,
            double ageSeconds,
            @Nullable String problem) {}

    /** @param handlers in the operator's words, such as {@code ["tls","http"]} */
    record ListenerStatus(String address, String handlers) {}

    record AppStatus(String name, List<ServiceStatus> services, List<BackendStatus> backends) {}

    /** @param hostnames empty: any host */
    record ServiceStatus(String name, List<String> hostnames, int internalPort, List<Integer> ports) {}

    /**
     * @param inFlight in all services of the app
     * @param failing in any of them
     * @param consecutiveFailures the most of them
     */
    record BackendStatus(
            String name,
            String address,
            String region,
            boolean direct,
            int inFlight,
            boolean failing,
            int consecutiveFailures,
            List<BackendUse> services) {}

    /**
     * A backend as one service uses it.
     *
     * @param state {@code working}, or why it is avoided
     * @param expectedMs to its answer, going by earlier ones; null: not known yet
     * @param success share of the uses of late that went well, 0 to 1
     */
    record BackendUse(
            String service,
            int inFlight,
            String state,
            @Nullable Double expectedMs,
            double success) {}

    /**
     * @param ok false: the old configuration goes on
     * @param problems in plain sentences; not empty when not ok
     * @param changes what the new configuration changed
     */
    record ReloadVerdict(String at, boolean ok, List<String> problems, List<String> changes) {}

    /**
     * One difference; see {@code edge.run.Change}.
     *
     * @param kind {@code added}, {@code removed} or {@code changed}
     * @param live what is under way and goes on with the older version; null: no edge was asked
     * @param text all of it in a line
     */
    record ChangeLine(
            String kind,
            String noun,
            String name,
            @Nullable String document,
            String pointer,
            @Nullable String before,
            @Nullable String after,
            boolean restart,
            @Nullable Long live,
            String text) {}

    /**
     * @param problems why the file cannot be served; then there are no changes
     * @param version that is served now
     * @param restart whether any of the changes takes one, so that {@code apply} would refuse them all
     */
    record DiffAnswer(
            boolean ok,
            List<String> problems,
            @Nullable Long version,
            List<ChangeLine> changes,
            boolean restart,
            String summary) {}

    /**
     * @param ok false: the old configuration goes on
     * @param version that is served now
     */
    record ApplyAnswer(
            boolean ok,
            List<String> problems,
            long version,
            List<ChangeLine> changes,
            String summary,
            @Nullable TrialStatus trial) {}

    /**
     * @param state {@code watching}, {@code kept} or {@code rolled_back}
     * @param why null while it goes on
     */
    record TrialStatus(String state, @Nullable String why, long requests, long version) {}
}
