package dev.sixgate.mesh.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Feeds a target its corpus, then seeded mutations of it; the same seed gives the same inputs. An input that breaks a target is in
 * the failure's message, and is kept as a file of the corpus once mended. {@code -Dsixgate.fuzz.runs} and
 * {@code -Dsixgate.fuzz.seed} choose how many mutations and which.
 */
public final class Fuzz {
    /** Fewest that still reach each kind of mutation on each input; a build has many targets. */
    private static final int RUNS = Integer.getInteger("sixgate.fuzz.runs", 100);

    private static final long SEED = Long.getLong("sixgate.fuzz.seed", 1);
    private static final int MAX_BYTES = 1380;
    private static final int[] TELLING = {0, 1, 2, 4, 7, 8, 0x7f, 0x80, 0xfe, 0xff};

    private final String name;
    private final List<byte[]> corpus;
    private final SplittableRandom random;

    /** What is attacked: throws when something is wrong. */
    @FunctionalInterface
    public interface Target {
        void accept(byte[] input) throws Exception;
    }

    private Fuzz(String name) {
        this.name = name;
        this.random = new SplittableRandom(SEED * 31 + name.hashCode());
        try (Stream<Path> files = Files.list(Path.of("src/test/fuzz", name))) {
            corpus = files.sorted().map(Fuzz::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("target " + name + " has no corpus", e);
        }
        if (corpus.isEmpty()) throw new IllegalStateException("the corpus of " + name + " is empty");
    }

    /** @param name a folder of {@code src/test/fuzz}; {@code .hex} files may have comments behind {@code #}, others are taken raw */
    public static void run(String name, Target target) {
        Fuzz fuzz = new Fuzz(name);
        for (byte[] input : fuzz.corpus) fuzz.attack(target, input);
        for (int i = 0; i < RUNS; i++) fuzz.attack(target, fuzz.mutation());
    }

    private void attack(Target target, byte[] input) {
        try {
            target.accept(input.clone());
        } catch (Exception | AssertionError | StackOverflowError | OutOfMemoryError e) {
            throw new AssertionError(
                    "target " + name + " broke; keep the input as src/test/fuzz/" + name + "/<what-it-is>.hex: "
                            + HexFormat.of().formatHex(input),
                    e);
        }
    }

    private static byte[] read(Path file) {
        try {
            if (!file.toString().endsWith(".hex")) return Files.readAllBytes(file);
            String digits = Files.readString(file).replaceAll("#.*|\\s", "");
            return HexFormat.of().parseHex(digits);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] any() {
        return corpus.get(random.nextInt(corpus.size()));
    }

    private byte[] mutation() {
        byte[] bytes = any().clone();
        for (int i = 1 + random.nextInt(4); i > 0; i--) bytes = mutated(bytes);
        return bytes.length > MAX_BYTES ? Arrays.copyOf(bytes, MAX_BYTES) : bytes;
    }

    private byte[] mutated(byte[] bytes) {
        if (bytes.length == 0) return new byte[] {(byte) random.nextInt(256)};
        int at = random.nextInt(bytes.length);
        int length = 1 + random.nextInt(Math.min(16, bytes.length - at));
        switch (random.nextInt(8)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) TELLING[random.nextInt(TELLING.length)];
            case 2 -> Arrays.fill(bytes, at, at + length, (byte) TELLING[random.nextInt(TELLING.length)]);
            case 3 -> bytes[at] += (byte) (random.nextInt(9) - 4);
            case 4 -> {
                return joined(bytes, at, bytes, at, length, at); // a piece twice
            }
            case 5 -> {
                return joined(bytes, at, bytes, 0, 0, at + length); // a piece less
            }
            case 6 -> {
                return Arrays.copyOf(bytes, at);
            }
            default -> {
                byte[] other = any();
                int from = random.nextInt(other.length + 1);
                return joined(bytes, at, other, from, other.length - from, bytes.length);
            }
        }
        return bytes;
    }

    /** {@code a} up to {@code at}, a piece of {@code b}, and {@code a} from {@code rest} on. */
    private static byte[] joined(byte[] a, int at, byte[] b, int from, int length, int rest) {
        byte[] all = Arrays.copyOf(a, at + length + a.length - rest);
        System.arraycopy(b, from, all, at, length);
        System.arraycopy(a, rest, all, at + length, a.length - rest);
        return all;
    }
}
