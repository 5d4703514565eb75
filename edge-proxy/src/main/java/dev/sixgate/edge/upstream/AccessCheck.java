package dev.sixgate.edge.upstream;

import dev.sixgate.edge.auth.Credentials;
import dev.sixgate.edge.auth.PasswordChecks.Verdict;
import dev.sixgate.edge.explain.Reason;
import dev.sixgate.edge.http.FieldName;
import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.HopByHop;
import dev.sixgate.edge.http.RequestHead;
import dev.sixgate.edge.router.RouteTable.Guard;
import dev.sixgate.edge.servicemap.AccessFilter.BasicAuth;
import dev.sixgate.edge.servicemap.Page;
import io.netty.channel.EventLoop;
import java.util.Iterator;
import java.util.List;
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

    interface Outcome {
        void passed();

        void refused(Refusal refusal);
    }

    private final Serving serving;
    private final RequestHead request;
    private final EventLoop loop;
    private final Iterator<Guard> guards;
    private final Outcome outcome;
    private boolean over;

    /** @param request its fields are changed */
    AccessCheck(Serving serving, RequestHead request, List<Guard> guards, EventLoop loop, Outcome outcome) {
        this.serving = serving;
        this.request = request;
        this.loop = loop;
        this.guards = guards.iterator();
        this.outcome = outcome;
        for (Guard guard : guards)
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
        }
    }

    private void password(BasicAuth filter) {
        Credentials.Basic given = Credentials.basic(authorization());
        if (given == null) {
            refuse(challenge(filter, "no name and password"));
            return;
        }
        serving.passwords().check(filter, given, verdict -> onLoop(() -> passwordChecked(filter, given, verdict)));
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
            case BUSY ->
                refuse(new Refusal(
                        Reason.AUTH_UNAVAILABLE,
                        "too many passwords wait to be compared",
                        ResponseEdits.field("retry-after", "1")));
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
    }
}
