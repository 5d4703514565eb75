package dev.sixgate.mesh.tcp;

/** Sequence numbers: 32 bits on the wire, 64 inside, so that they compare with plain {@code <}. */
final class Sequence {
    private Sequence() {}

    /** The value nearest to {@code reference} whose low 32 bits are {@code wire} (RFC 9293 §3.4). */
    static long unwrap(int wire, long reference) {
        return reference + (wire - (int) reference);
    }
}
