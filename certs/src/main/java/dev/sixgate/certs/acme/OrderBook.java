package dev.sixgate.certs.acme;

import dev.sixgate.certs.KeyAndChain;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of each name that a certificate is ordered for, and what is due. No I/O, no clock, no thread: whoever drives
 * it asks {@link #due}, does it, and reports. Only names of the configuration ever get in, so nobody can make us order.
 */
final class OrderBook {
    private static final Duration ASK_WINDOW_EVERY = Duration.ofHours(6);

    /** Something to do now. */
    sealed interface Due {
        String name();

        /** @param directory index of the CA to ask */
        record Order(String name, int directory, @Nullable KeyAndChain replaces) implements Due {}

        /** Ask the CA when it would like the certificate renewed. */
        record AskWindow(String name, KeyAndChain certificate) implements Due {}
    }

    /**
     * What survives a restart beside the certificate.
     *
     * @param failures in a row
     * @param nextAttempt not before; EPOCH: at once
     * @param lastError a sentence, or null
     */
    record Past(int failures, Instant nextAttempt, @Nullable String lastError) {
        static final Past NONE = new Past(0, Instant.EPOCH, null);
    }

    private static final class Entry {
        private @Nullable KeyAndChain certificate;
        private Past past = Past.NONE;
        private Instant renewAt = Instant.EPOCH;
        private Instant askWindowAt = Instant.MAX;
    }

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final int directories;
    private final DoubleSupplier chance;

    /** @param directories how many there are to choose from */
    OrderBook(int directories, DoubleSupplier chance) {
        this.directories = directories;
        this.chance = chance;
    }

    /** Adds a name with what a former life left of it. */
    void add(String name, @Nullable KeyAndChain certificate, Past past, Instant now) {
        Entry entry = new Entry();
        entry.past = past;
        entries.put(name, entry);
        if (certificate != null) hold(entry, certificate, null, now);
    }

    boolean has(String name) {
        return entries.containsKey(name);
    }

    /** Forgets all names but these. */
    void retain(Collection<String> names) {
        entries.keySet().retainAll(new LinkedHashSet<>(names));
    }

    /** The most urgent thing to do, or null when nothing is due: names without a certificate first. */
    @Nullable
    Due due(Instant now) {
        Due renewal = null;
        for (Map.Entry<String, Entry> named : entries.entrySet()) {
            Entry entry = named.getValue();
            boolean mayTry = !entry.past.nextAttempt().isAfter(now);
            if (mayTry && !entry.renewAt.isAfter(now)) {
                var order = new Due.Order(
                        named.getKey(), RenewalPlan.directory(entry.past.failures(), directories), entry.certificate);
                if (entry.certificate == null || entry.certificate.notAfter().isBefore(now)) return order;
                if (!(renewal instanceof Due.Order)) renewal = order;
            } else if (renewal == null && entry.certificate != null && !entry.askWindowAt.isAfter(now)) {
                renewal = new Due.AskWindow(named.getKey(), entry.certificate);
            }
        }
        return renewal;
    }

    /** When {@link #due} may next be other than null; {@link Instant#MAX}: never. */
    Instant nextAt() {
        Instant next = Instant.MAX;
        for (Entry entry : entries.values()) {
            Instant attempt = latest(entry.renewAt, entry.past.nextAttempt());
            Instant first = attempt.isBefore(entry.askWindowAt) ? attempt : entry.askWindowAt;
            if (first.isBefore(next)) next = first;
        }
        return next;
    }

    void issued(String name, KeyAndChain certificate, Instant now) {
        Entry entry = entries.get(name);
        if (entry == null) return;
        entry.past = Past.NONE;
        hold(entry, certificate, null, now);
        entry.askWindowAt = now;
    }

    /** @param retryAt the CA's own word, or null */
    Past failed(String name, String sentence, @Nullable Instant retryAt, Instant now) {
        Entry entry = entries.get(name);
        if (entry == null) return Past.NONE;
        int failures = entry.past.failures() + 1;
        Instant planned = now.plus(RenewalPlan.retryAfter(failures, chance.getAsDouble()));
        // A CA that says when is believed, but not for longer than a day.
        Instant at = retryAt == null ? planned : earliest(latest(retryAt, planned), now.plus(Duration.ofDays(1)));
        entry.past = new Past(failures, at, sentence);
        return entry.past;
    }

    /** Another edge orders this name: we look again, and nothing has failed. */
    void leave(String name, Past theirs, Instant lookAgain) {
        Entry entry = entries.get(name);
        if (entry != null)
            entry.past = new Past(theirs.failures(), latest(theirs.nextAttempt(), lookAgain), theirs.lastError());
    }

    /** @param window null: the CA has none */
    void windowTold(String name, RenewalPlan.@Nullable Window window, @Nullable Instant askAgainAt, Instant now) {
        Entry entry = entries.get(name);
        if (entry == null || entry.certificate == null) return;
        if (window != null) hold(entry, entry.certificate, window, now);
        Instant again = now.plus(ASK_WINDOW_EVERY);
        entry.askWindowAt = askAgainAt != null && askAgainAt.isAfter(now)
                ? earliest(askAgainAt, again.plus(Duration.ofDays(1)))
                : again;
    }

    private void hold(Entry entry, KeyAndChain certificate, RenewalPlan.@Nullable Window window, Instant now) {
        entry.certificate = certificate;
        entry.renewAt =
                RenewalPlan.renewAt(certificate.notBefore(), certificate.notAfter(), window, chance.getAsDouble());
        entry.askWindowAt = now;
    }

    /** In the order of the configuration. */
    List<AcmeIssuer.Status> status() {
        List<AcmeIssuer.Status> all = new ArrayList<>();
        entries.forEach((name, entry) -> all.add(new AcmeIssuer.Status(
                name,
                entry.certificate,
                latest(entry.renewAt, entry.past.nextAttempt()),
                entry.past.failures(),
                entry.past.lastError())));
        return all;
    }

    private static Instant latest(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }

    private static Instant earliest(Instant a, Instant b) {
        return a.isBefore(b) ? a : b;
    }
}
