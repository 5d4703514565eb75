package dev.sixgate.edge.proxyprotocol;

/** Bytes that are no PROXY protocol head; the message is a plain sentence. */
public final class BadProxyHeaderException extends Exception {
    private static final long serialVersionUID = 1;

    BadProxyHeaderException(String sentence) {
        super(sentence, null, false, false);
    }
}
