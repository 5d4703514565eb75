package dev.sixgate.certs.acme;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.challenge.Challenge;
import org.shredzone.acme4j.challenge.Dns01Challenge;
import org.shredzone.acme4j.challenge.Http01Challenge;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;

/** Chooses how to show control of a name, and puts the answer where the CA will look for it. */
final class Challenges {
    private static final int HOOK_SECONDS = 120;

    private final List<ChallengeType> allowed;
    private final @Nullable Path dnsHook;
    private final ChallengeAnswers answers;

    Challenges(List<ChallengeType> allowed, @Nullable Path dnsHook, ChallengeAnswers answers) {
        this.allowed = allowed;
        this.dnsHook = dnsHook;
        this.answers = answers;
    }

    /** An answer in place; closed when the CA has looked. */
    interface Answer extends AutoCloseable {
        Challenge challenge();

        @Override
        void close();
    }

    /** Picks the first allowed challenge that the CA offers, and answers it. */
    Answer answer(Authorization authorization, Subject subject, Instant now) throws AcmeFailure, InterruptedException {
        for (ChallengeType type : allowed) {
            Challenge offered = authorization
                    .findChallenge(type.word())
                    .map(Challenge.class::cast)
                    .orElse(null);
            switch (offered) {
                case Http01Challenge http -> {
                    answers.putHttp(http.getToken(), http.getAuthorization());
                    return placed(http, () -> answers.removeHttp(http.getToken()));
                }
                case TlsAlpn01Challenge tls -> {
                    answers.putTls(
                            subject.sni(),
                            TlsAlpnCertificate.create(subject.generalName(), sha256(tls.getAuthorization()), now));
                    return placed(tls, () -> answers.removeTls(subject.sni()));
                }
                case Dns01Challenge dns
                when dnsHook != null -> {
                    String record = dns.getRRName(authorization.getIdentifier());
                    hook(dnsHook, "present", record, dns.getDigest());
                    return placed(dns, () -> cleanUp(dnsHook, record, dns.getDigest()));
                }
                case null, default -> {}
            }
        }
        throw new AcmeFailure("the CA offers "
                + authorization.getChallenges().stream().map(Challenge::getType).collect(Collectors.joining(", "))
                + " for " + subject.name() + ", and none of them is allowed here ("
                + allowed.stream().map(ChallengeType::word).collect(Collectors.joining(", ")) + ")");
    }

    private static Answer placed(Challenge challenge, Runnable remove) {
        return new Answer() {
            @Override
            public Challenge challenge() {
                return challenge;
            }

            @Override
            public void close() {
                remove.run();
            }
        };
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void cleanUp(Path hook, String record, String value) {
        try {
            hook(hook, "cleanup", record, value);
        } catch (AcmeFailure e) {
            AcmeIssuer.LOG.warn("a DNS record was left behind: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Bounded in time; what it prints is thrown away, as it may hold secrets. */
    private static void hook(Path hook, String what, String record, String value)
            throws AcmeFailure, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(hook.toString(), what, record, value)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new AcmeFailure("the DNS hook " + hook + " cannot be run: " + e.getMessage());
        }
        try {
            if (!process.waitFor(HOOK_SECONDS, TimeUnit.SECONDS))
                throw new AcmeFailure("the DNS hook " + hook + " " + what + " " + record + " was still running after "
                        + HOOK_SECONDS + " s");
        } finally {
            if (process.isAlive()) process.destroyForcibly();
        }
        if (process.exitValue() != 0)
            throw new AcmeFailure(
                    "the DNS hook " + hook + " " + what + " " + record + " ended with " + process.exitValue());
    }
}
