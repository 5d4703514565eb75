package dev.sixgate.edge.upstream;

import dev.sixgate.edge.auth.Credentials;
import dev.sixgate.edge.auth.KeySet;
import dev.sixgate.edge.auth.PasswordChecks.Verdict;
import dev.sixgate.edge.auth.ServedKeys;
import dev.sixgate.edge.auth.TokenChecks;
import dev.sixgate.edge.auth.TokenChecks.Result;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.http.Authority;
import dev.sixgate.edge.http.BodyLength;
import dev.sixgate.edge.http.ClientIdentity;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.HopByHop;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.http.ResponseHead;
import dev.sixgate.edge.router.Route;
import dev.sixgate.edge.router.RouteTable.Destination;
import dev.sixgate.edge.router.RouteTable.Guard;
import dev.sixgate.edge.router.RouteTable.Matched;
import dev.sixgate.edge.servicemap.AccessFilter.BasicAuth;
import dev.sixgate.edge.servicemap.AccessFilter.ForwardAuth;
import dev.sixgate.edge.servicemap.AccessFilter.Jwt;
import dev.sixgate.edge.servicemap.AccessFilter.JwtKeys;
import dev.sixgate.edge.servicemap.Page;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Has one request pass the guards of its route, one after another; what they find out about the client goes into its fields. On one
 * event loop; the outcome is told once, unless {@link #cancel} came first.
 */
final class AccessCheck {
    /** @param page the answer's body; null: the reason's sentence */
    record Refusal(
            Reason reason,
            int status,
            String detail,
            Fields more,
            @Nullable Page page) {
        Refusal(Reason reason, String detail, Fields more) {
            this(reason, reason.status(), detail, more, null);
        }
    }

    /** An answer of another service that is passed on. */
    static final int MAX_ANSWER_BYTES = 64 << 10;

    private static final Duration KEYS_WITHIN = Duration.ofSeconds(5);

    /** Meant for the backend's answer, not for the one about the client. */
    private static final List<String> CONDITIONS =
            List.of("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range");

    interface Outcome {
        void passed();

        void refused(Refusal refusal);
    }

    private final ClientConnection client;
    private final RequestHead request;
    private final @Nullable ClientIdentity identity;
    private final RequestRecord record;
    private final Route route;
    private final Matched matched;
    private final EventLoop loop;
    private final Iterator<Guard> guards;
    private final Outcome outcome;
    private @Nullable Subrequest asking;
    private boolean over;

    /**
     * @param request its fields are changed
     * @param identity what a trusted proxy told of the client
     */
    AccessCheck(
            ClientConnection client,
            RequestHead request,
            @Nullable ClientIdentity identity,
            RequestRecord record,
            Route route,
            Matched matched,
            EventLoop loop,
            Outcome outcome) {
        this.client = client;
        this.request = request;
        this.identity = identity;
        this.record = record;
        this.route = route;
        this.matched = matched;
        this.loop = loop;
        this.guards = matched.guards().iterator();
        this.outcome = outcome;
        for (Guard guard : matched.guards())
            for (String name : guard.filter().identityFields()) HopByHop.stripIdentity(request.fields(), name);
    }

    /** Goes on to the next guard; the outcome may be told before this returns. */
    void next() {
        if (over) return;
        if (!guards.hasNext()) {
            over = true;
            outcome.passed();
            return;
        }
        Guard guard = guards.next();
        switch (guard.filter()) {
            case BasicAuth basic -> password(basic);
            case ForwardAuth forward -> ask(forward, guard.to());
            case Jwt jwt -> token(jwt, guard.to());
        }
    }

    private void password(BasicAuth filter) {
        Credentials.Basic given = Credentials.basic(authorization());
        if (given == null) {
            refuse(challenge(filter, "no name and password"));
            return;
        }
        client.serving()
                .passwords()
                .check(filter, given, verdict -> onLoop(() -> passwordChecked(filter, given, verdict)));
    }

    /** Null unless there is exactly one: of two, a backend might read the other. */
    private @Nullable String authorization() {
        Fields fields = request.fields();
        int first = fields.indexOf(FieldName.AUTHORIZATION, 0);
        return first < 0 || fields.indexOf(FieldName.AUTHORIZATION, first + 1) >= 0 ? null : fields.value(first);
    }

    private void passwordChecked(BasicAuth filter, Credentials.Basic given, Verdict verdict) {
        switch (verdict) {
            case WRONG -> refuse(challenge(filter, "the name or the password is wrong"));
            case BUSY -> refuse(busy("too many passwords wait to be compared"));
            case RIGHT -> {
                request.fields().drop(FieldName.AUTHORIZATION); // the password is the edge's affair
                if (filter.userField() != null) request.fields().add(filter.userField(), given.user());
                next();
            }
        }
    }

    private static Refusal challenge(BasicAuth filter, String detail) {
        return new Refusal(
                Reason.UNAUTHORIZED,
                detail,
                ResponseEdits.field("www-authenticate", "Basic realm=\"" + filter.realm() + "\", charset=\"UTF-8\""));
    }

    /** Asks in the client's name, with its fields; who it was to be sent to stands in fields of the edge's own. */
    private void ask(ForwardAuth filter, @Nullable Destination to) {
        if (to == null) {
            refuse(unavailable("there is no service to ask"));
            return;
        }
        Fields fields = request.fields().copy();
        for (String name : CONDITIONS) fields.dropNamed(name);
        fields.drop(FieldName.EXPECT);
        fields.add("x-forwarded-method", request.method());
        fields.add("x-forwarded-uri", matched.target());
        RequestHead question = new RequestHead(
                "GET",
                request.version(),
                request.authority(),
                filter.path(),
                fields,
                BodyLength.NONE,
                true,
                false,
                false,
                false);
        Route there = new Route(to.app(), to.service(), route.port(), route.rule() + " auth", List.of());
        Subrequest subrequest = new Subrequest(
                client, question, record.client, loop, MAX_ANSWER_BYTES + 1, told -> asked(filter, told));
        asking = subrequest;
        subrequest.send(there, identity, filter.timeout(), Unpooled.EMPTY_BUFFER);
    }

    private void asked(ForwardAuth filter, Subrequest.Outcome told) {
        asking = null;
        if (over) return;
        ResponseHead head = told.head();
        if (head == null || told.failure() != null || head.status() >= 500) {
            String why = told.failure() != null
                    ? told.failure().code()
                    : head == null ? "no answer" : Integer.toString(head.status());
            refuse(unavailable(filter.to().app() + " said " + why));
        } else if (head.status() < 200 || head.status() > 299) {
            refuse(
                    told.body().length > MAX_ANSWER_BYTES
                            ? unavailable(filter.to().app() + " gave more than " + MAX_ANSWER_BYTES + " bytes")
                            : passedOn(filter, head, told.body()));
        } else {
            for (String name : filter.copyFields()) {
                String value = head.fields().joined(name);
                if (value != null) request.fields().add(name, value);
            }
            next();
        }
    }

    /** The other service's answer is the client's. */
    private static Refusal passedOn(ForwardAuth filter, ResponseHead head, byte[] body) {
        Fields fields = head.fields();
        String type = fields.first(FieldName.CONTENT_TYPE);
        // Said of this answer by the edge itself.
        for (FieldName name : List.of(FieldName.CONTENT_TYPE, FieldName.DATE, FieldName.VIA, FieldName.SIXGATE))
            fields.drop(name);
        fields.dropNamed("alt-svc");
        return new Refusal(
                Reason.AUTH_DENIED,
                head.status(),
                filter.to().app() + " said " + head.status(),
                fields,
                new Page(type == null ? "" : type, body));
    }

    private void token(Jwt filter, @Nullable Destination to) {
        String token = Credentials.bearer(authorization());
        if (token == null) {
            refuse(challenge(null));
            return;
        }
        switch (filter.keys()) {
            case JwtKeys.Written written -> {
                KeySet keys = tokens().keys(written);
                if (keys == null) refuse(unavailable("the keys cannot be read"));
                else verify(filter, keys, token, () -> refuse(challenge("signed by a key that is not known")));
            }
            case JwtKeys.Served served -> servedKeys(filter, served, to, token, null);
        }
    }

    /** @param newer than these are wanted, which did not have the token's key */
    private void servedKeys(
            Jwt filter, JwtKeys.Served from, @Nullable Destination to, String token, @Nullable KeySet newer) {
        ServedKeys source = tokens().keys(from);
        boolean ask = source.get(
                newer,
                LoopClock.of(loop).nanoTime(),
                keys -> onLoop(() -> {
                    Runnable unknown = () -> refuse(challenge("signed by a key that is not known"));
                    if (keys == null) refuse(unavailable(from.by().app() + " gave no keys"));
                    else if (keys == newer) unknown.run();
                    else
                        verify(
                                filter,
                                keys,
                                token,
                                newer == null ? () -> servedKeys(filter, from, to, token, keys) : unknown);
                }));
        if (ask) askForKeys(from, to, source);
    }

    /** Others wait for the answer too: it is taken even when this request is over. */
    private void askForKeys(JwtKeys.Served from, @Nullable Destination to, ServedKeys source) {
        if (to == null) {
            source.answered(null, LoopClock.of(loop).nanoTime());
            return;
        }
        String host = to.app().name();
        RequestHead question = new RequestHead(
                "GET",
                request.version(),
                new Authority(host, host),
                from.path(),
                ResponseEdits.field("accept", "application/json"),
                BodyLength.NONE,
                true,
                false,
                false,
                false);
        Route there = new Route(to.app(), to.service(), route.port(), route.rule() + " keys", List.of());
        new Subrequest(client, question, record.client, loop, KeySet.MAX_BYTES + 1, told -> {
                    ResponseHead head = told.head();
                    boolean whole = head != null
                            && told.failure() == null
                            && head.status() == 200
                            && told.body().length <= KeySet.MAX_BYTES;
                    source.answered(
                            whole ? KeySet.parse(new String(told.body(), StandardCharsets.UTF_8)) : null,
                            LoopClock.of(loop).nanoTime());
                })
                .send(there, identity, KEYS_WITHIN, Unpooled.EMPTY_BUFFER);
    }

    /** @param unknownKey what to do when the keys do not have the token's */
    private void verify(Jwt filter, KeySet keys, String token, Runnable unknownKey) {
        tokens().check(
                        filter,
                        keys,
                        token,
                        result -> onLoop(() -> {
                            switch (result) {
                                case Result.Valid(Map<String, String> fields) -> {
                                    fields.forEach(request.fields()::add);
                                    next();
                                }
                                case Result.Invalid(String why) -> refuse(challenge(why));
                                case Result.UnknownKey _ -> unknownKey.run();
                                case Result.Busy _ -> refuse(busy("too many tokens wait to be checked"));
                            }
                        }));
    }

    private TokenChecks tokens() {
        return client.serving().tokens();
    }

    /** @param why the token does not count (RFC 6750 §3); null: there is none */
    private static Refusal challenge(@Nullable String why) {
        String error = why == null ? "" : ", error=\"invalid_token\", error_description=\"" + why + "\"";
        return new Refusal(
                Reason.UNAUTHORIZED,
                why == null ? "no token" : "the token is not good: " + why,
                ResponseEdits.field("www-authenticate", "Bearer realm=\"sixgate\"" + error));
    }

    private static Refusal busy(String detail) {
        return new Refusal(Reason.AUTH_UNAVAILABLE, detail, ResponseEdits.field("retry-after", "1"));
    }

    private static Refusal unavailable(String detail) {
        return new Refusal(Reason.AUTH_UNAVAILABLE, detail, new Fields());
    }

    private void refuse(Refusal refusal) {
        if (over) return;
        over = true;
        outcome.refused(refusal);
    }

    private void onLoop(Runnable step) {
        if (loop.inEventLoop()) {
            if (!over) step.run();
        } else
            loop.execute(() -> {
                if (!over) step.run();
            });
    }

    /** The request is over; nobody is told of the outcome. */
    void cancel() {
        over = true;
        if (asking != null) asking.cancel();
        asking = null;
    }
}
