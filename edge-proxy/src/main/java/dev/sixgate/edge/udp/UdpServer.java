package dev.sixgate.edge.udp;

import dev.sixgate.edge.metrics.UdpMeters;
import dev.sixgate.edge.servicemap.Service;
import dev.sixgate.edge.upstream.Serving;
import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** What all UDP sockets of an edge share. Any thread. */
public final class UdpServer {
    /** Whether one more session of a client may begin. */
    public interface Admission {
        /** @return false: it may not; else {@link #ended} follows once */
        boolean admit(InetAddress client);

        void ended(InetAddress client);
    }

    private final Supplier<Serving> serving;
    private final Admission admission;
    private final UdpMeters meters;
    private final ConcurrentHashMap<String, AtomicInteger> sessions = new ConcurrentHashMap<>();

    /** @param serving asked for at each session */
    public UdpServer(Supplier<Serving> serving, Admission admission, UdpMeters meters) {
        this.serving = serving;
        this.admission = admission;
        this.meters = meters;
    }

    Serving serving() {
        return serving.get();
    }

    Admission admission() {
        return admission;
    }

    UdpMeters meters() {
        return meters;
    }

    /** Counts one more session of a service. @return false when it has {@code most} already */
    boolean begin(String app, Service service, int most) {
        AtomicInteger count = count(app, service);
        if (count.incrementAndGet() <= most) return true;
        count.decrementAndGet();
        return false;
    }

    void end(String app, Service service) {
        count(app, service).decrementAndGet();
    }

    private AtomicInteger count(String app, Service service) {
        return sessions.computeIfAbsent(app + '\0' + service.name(), _ -> new AtomicInteger());
    }
}
