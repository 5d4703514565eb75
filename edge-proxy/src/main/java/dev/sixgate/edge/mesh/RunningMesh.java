package dev.sixgate.edge.mesh;

import dev.sixgate.edge.admin.MeshView;
import dev.sixgate.edge.admin.ResponseStream;
import dev.sixgate.mesh.capture.Capture;
import dev.sixgate.mesh.capture.Captures;
import dev.sixgate.mesh.ipv6.Ipv6Address;
import dev.sixgate.mesh.underlay.MeshDriver;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Answers for a mesh, each identity on its own loop. What is asked of the mesh as such, the first identity does. */
public final class RunningMesh implements MeshView {
    private final Supplier<String> name;
    private final Supplier<List<MeshDriver>> identities;
    private @Nullable Captures captures; // the loop's

    /**
     * @param name of the edge, or {@code node}
     * @param identities the first first; empty while there is none
     */
    public RunningMesh(Supplier<String> name, Supplier<List<MeshDriver>> identities) {
        this.name = name;
        this.identities = identities;
    }

    @Override
    public CompletionStage<MeshStatus> status() {
        List<MeshDriver> running = identities.get();
        if (running.isEmpty()) return CompletableFuture.completedStage(MeshReport.none(name.get()));
        List<CompletableFuture<MeshStatus>> asked = new ArrayList<>();
        for (MeshDriver driver : running) {
            String called = running.size() == 1
                    ? name.get()
                    : name.get() + ", identity " + (asked.size() + 1) + " of " + running.size();
            asked.add(onLoop(driver, () -> MeshReport.of(called, driver)));
        }
        return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).thenApply(_ -> {
            List<MeshStatus> answers =
                    asked.stream().map(CompletableFuture::join).toList();
            return answers.getFirst().with(answers.subList(1, answers.size()));
        });
    }

    private @Nullable MeshDriver first() {
        List<MeshDriver> running = identities.get();
        return running.isEmpty() ? null : running.getFirst();
    }

    @Override
    public CompletionStage<Long> ping(Ipv6Address address, int payloadBytes, Duration timeout) {
        CompletableFuture<Long> answered = new CompletableFuture<>();
        MeshDriver running = first();
        if (running == null) {
            answered.completeExceptionally(new IOException("there is no mesh"));
            return answered;
        }
        running.ping(address, payloadBytes, timeout).addListener((Future<Long> done) -> {
            if (done.isSuccess()) answered.complete(done.getNow());
            else answered.completeExceptionally(done.cause());
        });
        return answered;
    }

    @Override
    public CompletionStage<ResponseStream> capture(@Nullable String peer, long count) {
        MeshDriver running = first();
        if (running == null) return CompletableFuture.failedStage(new IOException("there is no mesh"));
        return onLoop(running, () -> {
            List<String> peers = running.mesh().wireGuard().peers().stream()
                    .map(known -> known.config().name())
                    .toList();
            if (peer != null && !peers.contains(peer))
                throw new IllegalStateException("no peer is named \"" + peer + "\"; there "
                        + (peers.size() == 1 ? "is " : "are ")
                        + (peers.isEmpty() ? "none" : peers.stream().limit(20).collect(Collectors.joining(", "))));
            Captures all = captures;
            if (all == null) captures = all = new Captures(running.mesh());
            return CaptureStream.begin(running, all, name.get(), new Capture.Filter(peer, count));
        });
    }

    private static <T> CompletableFuture<T> onLoop(MeshDriver driver, Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            driver.eventLoop().execute(() -> {
                try {
                    answer.complete(question.get());
                } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(new IOException("the mesh has ended"));
        }
        return answer;
    }
}
