package dev.sixgate.mesh.wireguard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

/** The constants of whitepaper §5.4 and §6.1, and where the fields of the four messages stand; times in nanoseconds. */
final class Protocol {
    static final byte[] CONSTRUCTION = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s".getBytes(US_ASCII);
    static final byte[] IDENTIFIER = "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(US_ASCII);
    static final byte[] LABEL_MAC1 = "mac1----".getBytes(US_ASCII);
    static final byte[] LABEL_COOKIE = "cookie--".getBytes(US_ASCII);

    /** Unsigned, as both limits are. */
    static final long REKEY_AFTER_MESSAGES = 1L << 60;

    static final long REJECT_AFTER_MESSAGES = -1L - (1L << 13);
    static final long REKEY_AFTER_TIME = SECONDS.toNanos(120);
    static final long REJECT_AFTER_TIME = SECONDS.toNanos(180);
    static final long REKEY_ATTEMPT_TIME = SECONDS.toNanos(90);
    static final long REKEY_TIMEOUT = SECONDS.toNanos(5);
    static final long REKEY_TIMEOUT_JITTER = MILLISECONDS.toNanos(333);
    static final long KEEPALIVE_TIMEOUT = SECONDS.toNanos(10);
    static final long COOKIE_LIFETIME = SECONDS.toNanos(120);

    /** Initiations of one peer closer together than this are a flood, whoever signed them. */
    static final long INITIATION_INTERVAL = SECONDS.toNanos(1) / 50;

    static final int INITIATION = 1;
    static final int RESPONSE = 2;
    static final int COOKIE_REPLY = 3;
    static final int TRANSPORT_DATA = 4;

    /** Each message starts with its type, a little-endian int whose upper three bytes are reserved and zero. */
    static final int TYPE_BYTES = 4;

    /** §5.4.2: type, sender, then what Noise writes (ephemeral, static, timestamp), mac1, mac2. */
    static final int INITIATION_BYTES = 148;

    static final int INITIATION_SENDER = 4;
    static final int INITIATION_NOISE = 8;
    static final int INITIATION_NOISE_BYTES = 108;

    /** §5.4.3: type, sender, receiver, then what Noise writes (ephemeral, nothing), mac1, mac2. */
    static final int RESPONSE_BYTES = 92;

    static final int RESPONSE_SENDER = 4;
    static final int RESPONSE_RECEIVER = 8;
    static final int RESPONSE_NOISE = 12;
    static final int RESPONSE_NOISE_BYTES = 48;

    /** Of mac1, and of mac2 behind it, at the end of both. */
    static final int MAC_BYTES = 16;

    /** §5.4.7: type, receiver, nonce, encrypted cookie. */
    static final int COOKIE_REPLY_BYTES = 64;

    static final int COOKIE_REPLY_RECEIVER = 4;
    static final int COOKIE_REPLY_NONCE = 8;
    static final int COOKIE_REPLY_COOKIE = 32;

    /** §5.4.6: type, receiver, counter, then at least a tag. */
    static final int TRANSPORT_RECEIVER = 4;

    static final int TRANSPORT_COUNTER = 8;
    static final int TRANSPORT_HEADER_BYTES = 16;
    static final int TRANSPORT_BYTES_MIN = 32;

    private Protocol() {}
}
