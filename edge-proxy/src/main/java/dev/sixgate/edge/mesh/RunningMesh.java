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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Answers for one mesh, on its own loop. */
public final class RunningMesh implements MeshView {
    private final Supplier<String> name;
    private final Supplier<@Nullable MeshDriver> driver;
    private @Nullable Captures captures; // the loop's

    /**
     * @param name of the edge, or {@code node}
     * @param driver null while there is none
     */
    public RunningMesh(Supplier<String> name, Supplier<@Nullable MeshDriver> driver) {
        this.name = name;
        this.driver = driver;
    }

    @Override
    public CompletionStage<MeshStatus> status() {
        MeshDriver running = driver.get();
        return running == null
                ? CompletableFuture.completedStage(MeshReport.none(name.get()))
                : onLoop(running, () -> MeshReport.of(name.get(), running));
    }

    @Override
    public CompletionStage<Long> ping(Ipv6Address address, int payloadBytes, Duration timeout) {
        CompletableFuture<Long> answered = new CompletableFuture<>();
        MeshDriver running = driver.get();
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
        MeshDriver running = driver.get();
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

    private static <T> CompletionStage<T> onLoop(MeshDriver driver, Supplier<T> question) {
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
