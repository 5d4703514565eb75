package dev.sixgate.mesh.wireguard;

/**
 * Takes the secrets of each handshake as lines for Wireshark's {@code wg.keylog_file}, before its first message leaves: who
 * has them reads the traffic. For development and for tests against a third party's decoder only.
 */
@FunctionalInterface
public interface KeyLog {
    /** @param line such as {@code LOCAL_EPHEMERAL_PRIVATE_KEY = <base64>}, without a line end */
    void line(String line);
}
