package dev.sixgate.certs.acme;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operator says about ACME.
 *
 * @param directories tried in their order; the next one after {@link RenewalPlan#FAILURES_PER_DIRECTORY} failures
 * @param trust PEM roots of a private CA; null: the JDK's
 * @param email where the CA writes to, or empty
 * @param profile of certificate, where the directory offers it; null: its default
 * @param challenges allowed, best first
 * @param dnsHook a program run as {@code HOOK present|cleanup NAME VALUE} for dns-01; null: none
 * @param store a folder that other edges of the same names see; null: what is ordered here is this edge's own
 */
public record AcmeSettings(
        List<URI> directories,
        @Nullable Path trust,
        String email,
        @Nullable String profile,
        List<ChallengeType> challenges,
        @Nullable ExternalAccount externalAccount,
        @Nullable Path dnsHook,
        @Nullable Path store) {
    public AcmeSettings {
        directories = List.copyOf(directories);
        challenges = List.copyOf(challenges);
        if (directories.isEmpty()) throw new IllegalArgumentException("at least one directory");
    }

    /** Of an edge that shares nothing. */
    public AcmeSettings(
            List<URI> directories,
            @Nullable Path trust,
            String email,
            @Nullable String profile,
            List<ChallengeType> challenges,
            @Nullable ExternalAccount externalAccount,
            @Nullable Path dnsHook) {
        this(directories, trust, email, profile, challenges, externalAccount, dnsHook, null);
    }

    /**
     * RFC 8555 §7.3.4.
     *
     * @param hmacKey a file that holds the key in base64url
     */
    public record ExternalAccount(String keyId, Path hmacKey) {}
}
