package dev.sixgate.edge.balancer;

import dev.sixgate.edge.servicemap.Backend;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What all snapshots of one service share: its backends' states and its queue. Its monitor is the service's lock. */
final class ServiceState {
    record BackendKey(String name, InetAddress address, int port, boolean inMesh) {
        static BackendKey of(Backend backend) {
            return new BackendKey(backend.name(), backend.address(), backend.port(), !backend.insecureDirect());
        }
    }

    private final Map<BackendKey, BackendState> backends = new LinkedHashMap<>();
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>(0);
    private boolean begun;
    int rotation;

    /** @param made sees each state that did not exist before */
    synchronized BackendState[] states(List<Backend> of, BiConsumer<BackendKey, BackendState> made) {
        BackendState[] states = new BackendState[of.size()];
        int i = 0;
        boolean first = !begun;
        for (Backend backend : of) {
            BackendKey key = BackendKey.of(backend);
            BackendState state = backends.get(key);
            if (state == null) {
                state = new BackendState(first);
                backends.put(key, state);
                made.accept(key, state);
            }
            states[i++] = state;
        }
        begun = true;
        return states;
    }

    /** Takes the backends of a peer out, or back in. */
    synchronized void peerChanged(Predicate<BackendKey> behindIt, boolean reachable) {
        backends.forEach((key, state) -> {
            if (behindIt.test(key)) state.peerReachable = reachable;
        });
        if (reachable) callNext();
    }

    /** Takes a backend out by its health check, or back in. */
    synchronized void checked(BackendKey backend, @Nullable String failing) {
        BackendState state = backends.get(backend);
        if (state == null) return;
        state.checked(failing);
        if (failing == null) callNext();
    }

    synchronized void retain(Set<BackendKey> kept) {
        backends.keySet().retainAll(kept);
    }

    synchronized int size() {
        return backends.size();
    }

    // ---- the queue; with the lock held

    /** Whether others came before. */
    boolean mustWait(Call call) {
        return !queue.isEmpty() && (call.waiting == null || !call.waiting.called);
    }

    boolean anyWaiting() {
        return !queue.isEmpty();
    }

    int waiting() {
        return queue.size();
    }

    boolean join(Call call, int most, Runnable free) {
        if (call.waiting != null) { // it was called in vain, and keeps its place
            call.waiting.called = false;
            return true;
        }
        if (queue.size() >= most) return false;
        call.waiting = new Waiting(free);
        queue.add(call.waiting);
        return true;
    }

    void leave(Call call) {
        if (call.waiting == null) return;
        queue.remove(call.waiting);
        call.waiting = null;
    }

    /** There may be room: the first who was not told yet is. */
    void callNext() {
        for (Waiting waiting : queue) {
            if (waiting.called) continue;
            waiting.called = true;
            waiting.free.run();
            return;
        }
    }
}
