package dev.sixgate.mesh.crypto;

import static io.netty.buffer.ByteBufUtil.decodeHexDump;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every engine against Bouncy Castle, which serves nowhere else. */
class AeadEngineTest {
    private enum Memory {
        DIRECT,
        HEAP,
        COMPOSITE;

        ByteBuf allocate(int bytes) {
            return switch (this) {
                case DIRECT -> Unpooled.directBuffer(bytes, bytes).writeZero(bytes);
                case HEAP -> Unpooled.buffer(bytes, bytes).writeZero(bytes);
                case COMPOSITE ->
                    Unpooled.wrappedBuffer(
                            Unpooled.directBuffer(bytes / 3 + 1).writeZero(bytes / 3 + 1),
                            Unpooled.buffer(bytes - bytes / 3 - 1).writeZero(bytes - bytes / 3 - 1));
            };
        }
    }

    static List<AeadEngine> engines() {
        List<AeadEngine> engines = new ArrayList<>(List.of(new JdkAead()));
        if (hasLibcrypto()) engines.add(new LibcryptoAead());
        return engines;
    }

    @ParameterizedTest
    @MethodSource("engines")
    void random_messages_are_sealed_as_by_bouncy_castle_and_opened_again(AeadEngine engine) throws Exception {
        for (Memory memory : Memory.values()) {
            SplittableRandom random = new SplittableRandom(42);
            for (int i = 0; i < 300; i++) {
                int length = i < 40 ? i : random.nextInt(2001);
                int offset = random.nextInt(70);
                long counter = random.nextLong();
                byte[] keyBytes = bytes(random, 32);
                byte[] plaintext = bytes(random, length);
                ByteBuf buffer = memory.allocate(offset + length + 16 + 9);
                buffer.setBytes(offset, plaintext);
                AeadKey key = engine.key(keyBytes);

                key.seal(counter, buffer, offset, length);
                assertThat(ByteBufUtil.getBytes(buffer, offset, length + 16))
                        .isEqualTo(bouncyCastle(true, keyBytes, counter, plaintext));
                assertThat(buffer.getLong(offset + length + 16))
                        .as("bytes behind the tag")
                        .isZero();

                assertThat(key.open(counter, buffer, offset, length + 16)).isTrue();
                assertThat(ByteBufUtil.getBytes(buffer, offset, length)).isEqualTo(plaintext);
                buffer.release();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void a_changed_bit_or_counter_or_key_opens_nothing(AeadEngine engine) {
        SplittableRandom random = new SplittableRandom(43);
        for (int i = 0; i < 300; i++) {
            int length = i < 40 ? i : random.nextInt(2001);
            byte[] keyBytes = bytes(random, 32);
            AeadKey key = engine.key(keyBytes);
            ByteBuf buffer = Memory.DIRECT.allocate(length + 16);
            buffer.setBytes(0, bytes(random, length));
            key.seal(i, buffer, 0, length);
            byte[] sealed = ByteBufUtil.getBytes(buffer);

            int bit = random.nextInt(8 * sealed.length);
            buffer.setByte(bit / 8, sealed[bit / 8] ^ 1 << bit % 8);
            assertThat(key.open(i, buffer, 0, sealed.length)).isFalse();
            buffer.setBytes(0, sealed);
            assertThat(key.open(i + 1L, buffer, 0, sealed.length)).isFalse();
            buffer.setBytes(0, sealed);
            assertThat(key.open(i + (1L << 40), buffer, 0, sealed.length)).isFalse();
            keyBytes[random.nextInt(32)] ^= 1;
            buffer.setBytes(0, sealed);
            assertThat(engine.key(keyBytes).open(i, buffer, 0, sealed.length)).isFalse();
            buffer.setBytes(0, sealed);
            assertThat(key.open(i, buffer, 0, sealed.length)).isTrue();
            buffer.release();
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void the_largest_datagram_is_sealed_and_opened(AeadEngine engine) {
        ByteBuf buffer = Memory.HEAP.allocate(65_507);
        AeadKey key = engine.key(new byte[32]);
        key.seal(1, buffer, 0, 65_491);
        assertThat(key.open(1, buffer, 0, 65_507)).isTrue();
        assertThat(buffer.getLong(65_480)).isZero();
        buffer.release();
    }

    @ParameterizedTest
    @MethodSource("engines")
    void a_range_beyond_the_buffer_is_refused_before_memory_is_touched(AeadEngine engine) {
        AeadKey key = engine.key(new byte[32]);
        for (Memory memory : Memory.values()) {
            ByteBuf buffer = memory.allocate(40);
            assertThatThrownBy(() -> key.seal(1, buffer, 0, 25)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> key.seal(2, buffer, -1, 4)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> key.seal(2, buffer, 0, -16)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> key.seal(2, buffer, 0, Integer.MAX_VALUE))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> key.open(3, buffer, 30, 16)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> key.open(3, buffer, 0, -1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(key.open(4, buffer, 0, 15)).isFalse();
            buffer.release();
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void threads_do_not_disturb_each_other(AeadEngine engine) throws Exception {
        AeadKey key = engine.key(bytes(new SplittableRandom(5), 32));
        try (var threads = Executors.newFixedThreadPool(4)) {
            List<Callable<Integer>> tasks = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int thread = t;
                tasks.add(() -> {
                    ByteBuf buffer = Memory.DIRECT.allocate(1436);
                    int opened = 0;
                    for (long i = 0; i < 500; i++) {
                        key.seal(thread * 1000L + i, buffer, 0, 1420);
                        if (key.open(thread * 1000L + i, buffer, 0, 1436)) opened++;
                    }
                    buffer.release();
                    return opened;
                });
            }
            for (Future<Integer> opened : threads.invokeAll(tasks))
                assertThat(opened.get()).isEqualTo(500);
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void a_working_engine_is_proven(AeadEngine engine) {
        assertThat(AeadEngines.isProven(engine)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Memory.class)
    void a_destroyed_key_opens_nothing_it_sealed(Memory memory) {
        for (AeadEngine engine : engines()) {
            ByteBuf buffer = memory.allocate(80);
            AeadKey key = engine.key(decodeHexDump("11".repeat(32)));
            long counter = 100 + memory.ordinal(); // the JDK refuses to seal twice with one key and counter
            key.seal(counter, buffer, 0, 64);
            key.destroy();
            assertThat(key.open(counter, buffer, 0, 80)).isFalse();
            buffer.release();
        }
    }

    @Test
    void the_engine_can_be_chosen_by_name() {
        assertThat(AeadEngines.choose("jdk").name()).isEqualTo("jdk");
        assertThatThrownBy(() -> AeadEngines.choose("openssl"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sixgate.aead is \"openssl\"; it can be \"libcrypto\" or \"jdk\"");
    }

    @Test
    void libcrypto_is_preferred_where_it_is_present() {
        assumeTrue(hasLibcrypto(), "this system has no libcrypto.so.3");
        assertThat(AeadEngines.choose(null).name()).isEqualTo("libcrypto");
        assertThat(AeadEngines.choose("libcrypto").name()).isEqualTo("libcrypto");
    }

    private static boolean hasLibcrypto() {
        try {
            return new LibcryptoAead().name().equals("libcrypto");
        } catch (LinkageError e) {
            return false;
        }
    }

    private static byte[] bytes(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] bouncyCastle(boolean seal, byte[] key, long counter, byte[] input)
            throws InvalidCipherTextException {
        byte[] nonce = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(4, counter)
                .array();
        var cipher = new org.bouncycastle.crypto.modes.ChaCha20Poly1305();
        cipher.init(seal, new AEADParameters(new KeyParameter(key), 128, nonce));
        byte[] output = new byte[cipher.getOutputSize(input.length)];
        int written = cipher.processBytes(input, 0, input.length, output, 0);
        written += cipher.doFinal(output, written);
        return Arrays.copyOf(output, written);
    }
}
