package dev.sixgate.certs.acme;

/** How control of a name is shown to a CA. */
public enum ChallengeType {
    /** RFC 8737: a handshake on port 443. */
    TLS_ALPN_01("tls-alpn-01"),
    /** RFC 8555 §8.3: a request on port 80. */
    HTTP_01("http-01"),
    /** RFC 8555 §8.4: a TXT record; the only one that wildcards can be had by. */
    DNS_01("dns-01");

    private final String word;

    ChallengeType(String word) {
        this.word = word;
    }

    /** As the RFCs, and the configuration, write it. */
    public String word() {
        return word;
    }
}
