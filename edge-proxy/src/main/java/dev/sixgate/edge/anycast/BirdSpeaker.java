package dev.sixgate.edge.anycast;

import dev.sixgate.anycast.AnycastPlan;
import dev.sixgate.anycast.AnycastPlan.Neighbor;
import dev.sixgate.anycast.PlanException;
import dev.sixgate.anycast.Renderer;
import dev.sixgate.anycast.SiteState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes BIRD's configuration and has it read: a plain {@code configure}, which applies filters to routes that were sent already and
 * leaves sessions up. What cannot be told is tried again; a thread of its own waits for BIRD.
 */
final class BirdSpeaker implements Announcer {
    private static final Logger LOG = LoggerFactory.getLogger(BirdSpeaker.class);
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long CLOSE_SECONDS = 5;

    private final AnycastSettings.Speaker.Bird bird;
    private volatile AnycastPlan plan;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("sixgate-bird").factory());

    private volatile SiteState wanted = SiteState.WITHDRAWN;
    private volatile String problem = "";
    private volatile List<String> sessions = List.of();
    private volatile boolean busy;
    private long lookedAt;
    /** What BIRD was told; the thread's own. */
    private volatile SiteState told = SiteState.WITHDRAWN;

    private volatile boolean everTold;
    private boolean closed;

    BirdSpeaker(AnycastSettings.Speaker.Bird bird, AnycastPlan plan) {
        this.bird = bird;
        this.plan = plan;
    }

    AnycastSettings.Speaker.Bird bird() {
        return bird;
    }

    void use(AnycastPlan next) {
        if (next.equals(plan)) return;
        plan = next;
        everTold = false;
        announce(wanted);
    }

    @Override
    public void announce(SiteState state) {
        wanted = state;
        if (!closed) thread.execute(this::tell);
    }

    private void tell() {
        SiteState state = wanted;
        if (everTold && state == told && problem.isEmpty()) return;
        try {
            write(Renderer.BIRD.render(plan, state));
            try (BirdControl control = new BirdControl(bird.control())) {
                BirdControl.Answer answer = control.ask("configure");
                if (!answer.ok()) throw new IOException("BIRD refuses " + bird.file() + ": " + answer.text());
            }
            told = state;
            everTold = true;
            problem("");
        } catch (IOException | PlanException e) {
            problem(String.valueOf(e.getMessage()));
        }
    }

    /** It may hold passwords. */
    private void write(String text) throws IOException {
        Path file = bird.file();
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try {
            Files.deleteIfExists(next);
            Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
            // BIRD often runs as a user of its own, and reads by group.
            Files.writeString(next, text, StandardOpenOption.WRITE);
            if (Files.exists(file))
                Files.getFileAttributeView(next, java.nio.file.attribute.PosixFileAttributeView.class)
                        .setGroup(Files.readAttributes(file, java.nio.file.attribute.PosixFileAttributes.class)
                                .group());
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new IOException("cannot write " + file + ": " + e.getMessage());
        }
    }

    private void problem(String sentence) {
        if (!sentence.isEmpty() && !sentence.equals(problem)) LOG.warn("BIRD cannot be told: {}", sentence);
        if (sentence.isEmpty() && !problem.isEmpty()) LOG.info("BIRD is told again");
        problem = sentence;
    }

    private void look() {
        try (BirdControl control = new BirdControl(bird.control())) {
            sessions = control.ask("show protocols").lines();
            if (!problem.isEmpty() || !everTold || told != wanted) tell();
        } catch (IOException e) {
            sessions = List.of();
            problem(String.valueOf(e.getMessage()));
        } finally {
            busy = false;
        }
    }

    /** Also looks at BIRD, once a second. */
    @Override
    public List<NeighborStatus> neighbors(long nowNanos) {
        if (!closed && !busy && nowNanos - lookedAt >= LOOK_NANOS) {
            lookedAt = nowNanos;
            busy = true;
            thread.execute(this::look);
        }
        List<String> seen = sessions;
        AnycastPlan plan = this.plan;
        List<NeighborStatus> all = new ArrayList<>();
        for (int i = 0; i < plan.neighbors().size(); i++) {
            Neighbor neighbor = plan.neighbors().get(i);
            String name = "sixgate_n" + (i + 1);
            String state = "unknown";
            for (String line : seen) {
                String[] words = line.split("\\s+");
                // Name, protocol, table, state, since, info.
                if (words[0].equals(name) && words.length >= 4)
                    state = words[words.length - 1].toLowerCase(Locale.ROOT);
            }
            boolean up = state.equals("established") && everTold && told != SiteState.WITHDRAWN;
            all.add(new NeighborStatus(
                    neighbor.address().getHostAddress(),
                    neighbor.remoteAs(),
                    state,
                    -1,
                    up
                            ? String.join(
                                    ", ",
                                    plan.announceTo(neighbor).stream()
                                            .map(Object::toString)
                                            .toList())
                            : "nothing",
                    problem));
        }
        return all;
    }

    @Override
    public void close() {
        closed = true;
        wanted = SiteState.WITHDRAWN;
        thread.execute(this::tell);
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS))
                LOG.warn("BIRD was not told within {} s that this edge stops", CLOSE_SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
