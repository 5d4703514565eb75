package dev.sixgate.certs.acme;

import dev.sixgate.certs.KeyAndChain;
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
    private final @Nullable SharedAnswers shared;

    /** @param shared where other edges look, or null */
    Challenges(
            List<ChallengeType> allowed,
            @Nullable Path dnsHook,
            ChallengeAnswers answers,
            @Nullable SharedAnswers shared) {
        this.shared = shared;
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
                    return placed(http, () -> answers.removeHttp(http.getToken()), new Sharing() {
                        @Override
                        public void put(SharedAnswers to) throws IOException {
                            to.putHttp(http.getToken(), http.getAuthorization());
                        }

                        @Override
                        public void remove(SharedAnswers from) {
                            from.removeHttp(http.getToken());
                        }
                    });
                }
                case TlsAlpn01Challenge tls -> {
                    KeyAndChain shown =
                            TlsAlpnCertificate.create(subject.generalName(), sha256(tls.getAuthorization()), now);
                    answers.putTls(subject.sni(), shown);
                    return placed(tls, () -> answers.removeTls(subject.sni()), new Sharing() {
                        @Override
                        public void put(SharedAnswers to) throws IOException {
                            to.putTls(subject.sni(), shown);
                        }

                        @Override
                        public void remove(SharedAnswers from) {
                            from.removeTls(subject.sni());
                        }
                    });
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

    private interface Sharing {
        void put(SharedAnswers to) throws IOException;

        void remove(SharedAnswers from);
    }

    /** With other edges: they have read the answer when this returns. */
    private Answer placed(Challenge challenge, Runnable remove, Sharing sharing)
            throws AcmeFailure, InterruptedException {
        SharedAnswers with = shared;
        if (with == null) return placed(challenge, remove);
        Answer answer = placed(challenge, () -> {
            remove.run();
            sharing.remove(with);
        });
        try {
            sharing.put(with);
            Thread.sleep(SharedAnswers.SETTLE);
            return answer;
        } catch (IOException e) {
            answer.close();
            throw new AcmeFailure("the answer to the CA cannot be shared: " + e.getMessage());
        } catch (InterruptedException e) {
            answer.close();
            throw e;
        }
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
