package dev.sixgate.certs.acme;

import dev.sixgate.certs.CertificateStore;
import dev.sixgate.certs.KeyAndChain;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Orders and renews certificates for the names it is given, on one thread of its own, one order at a time. Keeps them, the
 * account's keys and the count of failures in a folder. Any thread.
 */
public final class AcmeIssuer implements AutoCloseable {
    static final Logger LOG = LoggerFactory.getLogger(AcmeIssuer.class);
    /** However far the next deadline is: a machine that slept, or whose clock was set, looks again by then. */
    private static final Duration LOOK_AT_LEAST = Duration.ofMinutes(10);

    /**
     * @param certificate null: none yet
     * @param nextAttempt when a certificate is ordered next, or ordered again
     * @param failures in a row
     */
    public record Status(
            String name,
            @Nullable KeyAndChain certificate,
            Instant nextAttempt,
            int failures,
            @Nullable String lastError) {}

    private final Path folder;
    private final InstantSource clock;
    private final Runnable onChange;
    private final ChallengeAnswers answers = new ChallengeAnswers();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("sixgate-acme").daemon().factory());
    /** Of its own, for an order under way waits on the other. */
    private final ScheduledExecutorService reader = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("sixgate-acme-answers").daemon().factory());

    private final Map<Integer, AcmeDirectory> directories = new HashMap<>();
    private static final Duration LOOK_AT_OTHERS = Duration.ofSeconds(2);

    private volatile AcmeFiles files;
    private volatile @Nullable SharedAnswers shared;
    private @Nullable ScheduledFuture<?> readings;
    private @Nullable AcmeSettings settings;
    private @Nullable OrderBook book;
    private @Nullable ScheduledFuture<?> timer;
    private volatile List<Status> status = List.of();

    /**
     * @param folder of its own, made when needed
     * @param onChange told, on the issuer's thread, when {@link #entries} changed
     */
    public AcmeIssuer(Path folder, InstantSource clock, Runnable onChange) {
        this.folder = folder;
        this.clock = clock;
        this.onChange = onChange;
        this.files = new AcmeFiles(folder);
    }

    /** What the listeners answer validating CAs with. */
    public ChallengeAnswers answers() {
        return answers;
    }

    public Path folder() {
        return folder;
    }

    /**
     * From now on these names; certificates kept from a former life count. Reads files, orders nothing yet: that begins with
     * {@link #start}, or goes on.
     *
     * @param next null: none, and no names
     */
    public synchronized void replace(@Nullable AcmeSettings next, List<String> names) {
        boolean first = settings == null;
        share(next == null ? null : next.store());
        if (next == null) {
            book = null;
        } else if (next.equals(settings) && book != null) {
            book.retain(names);
            add(names, book, true);
        } else {
            book = new OrderBook(
                    next.directories().size(), () -> ThreadLocalRandom.current().nextDouble());
            // Other settings are the operator's mend: what failed by the old ones is tried at once.
            add(names, book, first);
        }
        if (next == null || !next.equals(settings)) directories.clear();
        settings = next;
        publish();
    }

    /** @param store that other edges see too; null: what we order is our own */
    private void share(@Nullable Path store) {
        if (Objects.equals(store, settings == null ? null : settings.store())) return;
        files = new AcmeFiles(store == null ? folder : store);
        if (readings != null) readings.cancel(false);
        shared = null;
        answers.replaceShared(Map.of(), Map.of());
        if (store == null) return;
        try {
            SharedAnswers with = new SharedAnswers(store);
            shared = with;
            readings = reader.scheduleWithFixedDelay(
                    () -> with.readInto(answers, clock.instant()),
                    0,
                    SharedAnswers.EVERY.toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (IOException e) {
            LOG.error("{} cannot be shared with other edges: {}", store, e.getMessage());
        }
    }

    private void add(List<String> names, OrderBook to, boolean withPast) {
        Instant now = clock.instant();
        for (String name : names)
            if (!to.has(name))
                to.add(name, files.certificate(name), withPast ? files.past(name) : OrderBook.Past.NONE, now);
    }

    /** The listeners are open: orders may be placed. */
    public void start() {
        look();
    }

    /** Certificates in use, for the store. */
    public List<CertificateStore.Entry> entries() {
        List<CertificateStore.Entry> entries = new ArrayList<>();
        for (Status one : status)
            if (one.certificate() != null)
                entries.add(new CertificateStore.Entry(List.of(one.name()), one.certificate()));
        return entries;
    }

    public List<Status> status() {
        return status;
    }

    /** Orders under way are given up; they go on after the next start. */
    @Override
    public void close() {
        reader.shutdownNow();
        thread.shutdownNow();
    }

    private void look() {
        try {
            thread.execute(this::work);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed while looking");
        }
    }

    private void work() {
        try {
            for (OrderBook.Due due = due(); due != null; due = due()) settle(due);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        } catch (RuntimeException e) {
            if (thread.isShutdown()) return; // its connections end with an exception of their own
            LOG.error("ordering certificates failed: {}", e.toString());
        }
        sleep();
    }

    private synchronized OrderBook.@Nullable Due due() {
        return book == null ? null : book.due(clock.instant());
    }

    /** Not synchronized while the CA is asked: a reload must not wait for it. */
    private void settle(OrderBook.Due due) throws InterruptedException {
        switch (due) {
            case OrderBook.Due.Order order -> {
                if (shared == null) order(order);
                else orderUnlessOthersDo(order);
            }
            case OrderBook.Due.AskWindow ask -> askWindow(ask);
        }
    }

    private void orderUnlessOthersDo(OrderBook.Due.Order order) throws InterruptedException {
        String name = order.name();
        try (FileChannel lock = files.tryLock(name)) {
            if (adopt(order)) return;
            OrderBook.Past theirs = files.past(name);
            if (lock != null && !theirs.nextAttempt().isAfter(clock.instant())) order(order);
            else leave(name, theirs);
        } catch (IOException e) {
            fail(name, new AcmeFailure("the store cannot be used: " + e.getMessage()));
        }
    }

    private synchronized void leave(String name, OrderBook.Past theirs) {
        if (book != null) book.leave(name, theirs, clock.instant().plus(LOOK_AT_OTHERS));
        publish();
    }

    /** Takes what another edge ordered since we looked. */
    private boolean adopt(OrderBook.Due.Order order) {
        KeyAndChain kept = files.certificate(order.name());
        KeyAndChain ours = order.replaces();
        boolean newer = kept != null
                && kept.notAfter().isAfter(clock.instant())
                && (ours == null || kept.notAfter().isAfter(ours.notAfter()));
        if (kept == null || !newer) return false;
        LOG.info("{} has a certificate until {}, ordered by another edge", order.name(), kept.notAfter());
        synchronized (this) {
            if (book != null) book.issued(order.name(), kept, clock.instant());
            publish();
        }
        onChange.run();
        return true;
    }

    private void order(OrderBook.Due.Order order) throws InterruptedException {
        AcmeDirectory directory = directory(order.directory());
        if (directory == null) return;
        Instant began = clock.instant();
        try {
            KeyAndChain issued = directory.order(order.name(), order.replaces());
            keep(order.name(), issued);
            LOG.info(
                    "{} has a certificate until {}, after {} ms",
                    order.name(),
                    issued.notAfter(),
                    Duration.between(began, clock.instant()).toMillis());
        } catch (AcmeFailure e) {
            fail(order.name(), e);
        }
    }

    private void keep(String name, KeyAndChain issued) {
        try {
            files.keep(name, issued);
        } catch (IOException e) {
            // It serves all the same; after a restart it would have to be ordered again.
            LOG.error("the certificate of {} cannot be kept in {}: {}", name, folder, e.getMessage());
        }
        synchronized (this) {
            if (book != null) book.issued(name, issued, clock.instant());
            publish();
        }
        onChange.run();
    }

    private synchronized void fail(String name, AcmeFailure e) {
        if (book == null) return;
        OrderBook.Past past = book.failed(name, String.valueOf(e.getMessage()), e.retryAt(), clock.instant());
        LOG.warn(
                "no certificate for {} (attempt {}): {}; next attempt {}",
                name,
                past.failures(),
                e.getMessage(),
                past.nextAttempt());
        try {
            files.keepPast(name, past);
        } catch (IOException io) {
            LOG.error("{} cannot be written: {}", folder, io.getMessage());
        }
        publish();
    }

    private void askWindow(OrderBook.Due.AskWindow ask) {
        AcmeDirectory directory = directory(0);
        AcmeDirectory.Told told = new AcmeDirectory.Told(null, null);
        try {
            if (directory != null) told = directory.renewalWindow(ask.certificate());
        } catch (AcmeFailure e) {
            LOG.debug("no renewal window for {}: {}", ask.name(), e.getMessage());
        }
        synchronized (this) {
            if (book != null) book.windowTold(ask.name(), told.window(), told.askAgainAt(), clock.instant());
            publish();
        }
    }

    private synchronized @Nullable AcmeDirectory directory(int index) {
        AcmeSettings current = settings;
        if (current == null) return null;
        return directories.computeIfAbsent(
                index, i -> new AcmeDirectory(current.directories().get(i), current, files, answers, shared, clock));
    }

    private synchronized void publish() {
        status = book == null ? List.of() : book.status();
    }

    private synchronized void sleep() {
        if (book == null) return;
        Duration until = Duration.between(
                clock.instant(),
                book.nextAt().isBefore(Instant.MAX)
                        ? book.nextAt()
                        : clock.instant().plus(LOOK_AT_LEAST));
        if (until.compareTo(LOOK_AT_LEAST) > 0) until = LOOK_AT_LEAST;
        if (timer != null) timer.cancel(false);
        try {
            timer = thread.schedule(this::work, Math.max(1, until.toMillis()), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed while waiting");
        }
    }
}
