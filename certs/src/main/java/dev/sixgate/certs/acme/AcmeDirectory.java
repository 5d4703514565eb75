package dev.sixgate.certs.acme;

import dev.sixgate.certs.KeyAndChain;
import dev.sixgate.certs.P256;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Certificate;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.OrderBuilder;
import org.shredzone.acme4j.PollableResource;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.RenewalInfo;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeNetworkException;
import org.shredzone.acme4j.exception.AcmeRateLimitedException;
import org.shredzone.acme4j.exception.AcmeServerException;
import org.shredzone.acme4j.exception.AcmeUnauthorizedException;

/** One CA, as asked by our account there. Blocks; one thread. */
final class AcmeDirectory {
    private static final Duration FIRST_POLL = Duration.ofMillis(250);
    private static final Duration LAST_POLL = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(20);

    private final URI uri;
    private final AcmeSettings settings;
    private final AcmeFiles files;
    private final Challenges challenges;
    private final InstantSource clock;
    private @Nullable Login login;

    AcmeDirectory(
            URI uri,
            AcmeSettings settings,
            AcmeFiles files,
            ChallengeAnswers answers,
            @Nullable SharedAnswers shared,
            InstantSource clock) {
        this.uri = uri;
        this.settings = settings;
        this.files = files;
        this.clock = clock;
        this.challenges = new Challenges(settings.challenges(), settings.dnsHook(), answers, shared);
    }

    /**
     * Orders a certificate with a new key, and waits for it.
     *
     * @param replaces the one it takes the place of, which a CA that knows renewal windows wants to hear of
     */
    KeyAndChain order(String name, @Nullable KeyAndChain replaces) throws AcmeFailure, InterruptedException {
        try {
            return order(Subject.of(name), login(), replaces);
        } catch (AcmeUnauthorizedException e) {
            login = null; // the account may be gone: the next attempt asks for it again
            throw failure(e);
        } catch (AcmeException e) {
            throw failure(e);
        }
    }

    private KeyAndChain order(Subject subject, Login login, @Nullable KeyAndChain replaces)
            throws AcmeException, AcmeFailure, InterruptedException {
        OrderBuilder builder = login.newOrder().identifier(subject.identifier());
        String profile = settings.profile();
        if (profile != null) {
            if (!login.getSession().getMetadata().isProfileAllowed(profile))
                throw new AcmeFailure(uri.getHost() + " offers no profile \"" + profile + "\""
                        + offered(login.getSession().getMetadata().getProfiles()));
            builder.profile(profile);
        }
        if (replaces != null && hasRenewalInfo(login)) builder.replaces(replaces.leaf());
        Order order = builder.create();
        for (Authorization authorization : order.getAuthorizations()) authorize(authorization, subject);
        await(order, Set.of(Status.READY, Status.VALID), "the order for " + subject.name());
        KeyPair pair = P256.newKeyPair();
        order.execute(request(subject, pair));
        await(order, Set.of(Status.VALID), "the certificate for " + subject.name());
        Certificate certificate = order.getCertificate();
        certificate.download();
        return new KeyAndChain(pair.getPrivate(), certificate.getCertificateChain());
    }

    private static String offered(Set<String> profiles) {
        return profiles.isEmpty() ? "" : "; it has " + String.join(", ", profiles);
    }

    private void authorize(Authorization authorization, Subject subject)
            throws AcmeException, AcmeFailure, InterruptedException {
        authorization.fetch();
        if (authorization.getStatus() == Status.VALID) return;
        try (Challenges.Answer answer = challenges.answer(authorization, subject, clock.instant())) {
            answer.challenge().trigger();
            await(
                    authorization,
                    Set.of(Status.VALID),
                    subject.name() + " by " + answer.challenge().getType());
        } catch (AcmeFailure e) {
            Problem problem = authorization.getChallenges().stream()
                    .flatMap(challenge -> challenge.getError().stream())
                    .findFirst()
                    .orElse(null);
            throw problem == null ? e : new AcmeFailure(e.getMessage() + ": " + sentence(problem), e.retryAt());
        }
    }

    private void await(PollableResource resource, Set<Status> wanted, String what)
            throws AcmeException, AcmeFailure, InterruptedException {
        Instant end = clock.instant().plus(PATIENCE);
        Duration pause = FIRST_POLL;
        while (true) {
            Instant asked = resource.fetch().orElse(null);
            Status status = resource.getStatus();
            if (wanted.contains(status)) return;
            if (status == Status.INVALID || status == Status.EXPIRED || status == Status.REVOKED)
                throw new AcmeFailure("the CA refused " + what);
            Instant now = clock.instant();
            if (now.isAfter(end)) throw new AcmeFailure("the CA did not decide on " + what + " in time");
            Duration told = asked == null ? Duration.ZERO : Duration.between(now, asked);
            Thread.sleep(told.compareTo(pause) > 0 && told.compareTo(PATIENCE) < 0 ? told : pause);
            pause = pause.multipliedBy(3).dividedBy(2);
            if (pause.compareTo(LAST_POLL) > 0) pause = LAST_POLL;
        }
    }

    private static byte[] request(Subject subject, KeyPair pair) throws AcmeFailure {
        try {
            Extensions extensions = new Extensions(new Extension(
                    Extension.subjectAlternativeName, false, new GeneralNames(subject.generalName()).getEncoded()));
            return new JcaPKCS10CertificationRequestBuilder(new X500Principal(""), pair.getPublic())
                    .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions)
                    .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))
                    .getEncoded();
        } catch (IOException | OperatorCreationException e) {
            throw new AcmeFailure("no signing request could be made: " + e.getMessage());
        }
    }

    // ---- renewal information (RFC 9773)

    /** @param askAgainAt as the CA wishes, or null */
    record Told(
            RenewalPlan.@Nullable Window window, @Nullable Instant askAgainAt) {}

    Told renewalWindow(KeyAndChain certificate) throws AcmeFailure {
        try {
            Login login = login();
            if (!hasRenewalInfo(login)) return new Told(null, null);
            RenewalInfo info = login.bindRenewalInfo(certificate.leaf());
            Instant again = info.fetch().orElse(null);
            return new Told(
                    new RenewalPlan.Window(info.getSuggestedWindowStart(), info.getSuggestedWindowEnd()), again);
        } catch (AcmeException e) {
            throw failure(e);
        }
    }

    private static boolean hasRenewalInfo(Login login) throws AcmeException {
        return login.getSession()
                .resourceUrlOptional(org.shredzone.acme4j.connector.Resource.RENEWAL_INFO)
                .isPresent();
    }

    // ---- the account

    private Login login() throws AcmeException, AcmeFailure {
        Login known = login;
        if (known == null) {
            Session session = new Session(uri, Roots.of(settings.trust()));
            session.networkSettings().setTimeout(REQUEST_TIMEOUT);
            known = account(session, files.accountKey(uri)).createLogin(session);
            login = known;
        }
        return known;
    }

    /** Asking for an account that is there already finds it, so a CA that forgot ours makes it anew (RFC 8555 §7.3.1). */
    private AccountBuilder account(Session session, KeyPair key) throws AcmeException, AcmeFailure {
        AccountBuilder builder = new AccountBuilder().agreeToTermsOfService().useKeyPair(key);
        if (!settings.email().isEmpty()) builder.addEmail(settings.email());
        AcmeSettings.ExternalAccount external = settings.externalAccount();
        if (external != null) {
            try {
                String hmac = Files.readString(external.hmacKey(), StandardCharsets.US_ASCII)
                        .strip();
                builder.withKeyIdentifier(external.keyId(), hmac);
            } catch (IOException | IllegalArgumentException e) {
                throw new AcmeFailure(
                        external.hmacKey() + " cannot be used as the external account's key: " + e.getMessage());
            }
        } else if (session.getMetadata().isExternalAccountRequired()) {
            throw new AcmeFailure(uri.getHost() + " wants an external account; set certificates.acme.external_account");
        }
        return builder;
    }

    // ---- words

    private AcmeFailure failure(AcmeException e) {
        return switch (e) {
            case AcmeRateLimitedException limited ->
                new AcmeFailure(
                        uri.getHost() + " limits us: " + sentence(limited.getProblem()),
                        limited.getRetryAfter().orElse(null));
            case AcmeServerException refused -> new AcmeFailure(uri.getHost() + ": " + sentence(refused.getProblem()));
            case AcmeNetworkException _ -> new AcmeFailure(uri + " cannot be reached: " + root(e));
            default -> new AcmeFailure(uri.getHost() + ": " + root(e));
        };
    }

    private static String root(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) root = root.getCause();
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    private static String sentence(Problem problem) {
        List<Problem> parts = problem.getSubProblems();
        String detail = problem.getDetail().orElseGet(() -> problem.getType().toString());
        return parts.isEmpty() ? detail : detail + " (" + sentence(parts.getFirst()) + ")";
    }
}
