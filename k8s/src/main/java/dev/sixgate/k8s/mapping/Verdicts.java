package dev.sixgate.k8s.mapping;

import dev.sixgate.k8s.Code;
import dev.sixgate.k8s.ObjectRef;
import dev.sixgate.k8s.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is said about objects in one translation. */
final class Verdicts {
    static final String ACCEPTED = "Accepted";
    static final String RESOLVED_REFS = "ResolvedRefs";
    static final String PROGRAMMED = "Programmed";
    /** The reason of a verdict that is never written to the object: it is somebody else's. */
    static final String OTHER_CLASS = "OtherClass";

    static final String PARTIALLY_INVALID = "PartiallyInvalid";

    private final List<Verdict> verdicts = new ArrayList<>();

    void good(ObjectRef object, String scope, String condition, String message) {
        verdicts.add(new Verdict(object, scope, condition, true, condition, message, null));
    }

    void refused(ObjectRef object, String scope, String condition, String reason, String message, Code code) {
        verdicts.add(new Verdict(object, scope, condition, false, reason, message, code));
    }

    /** A part of the object is not served as written; the rest is. */
    void partial(ObjectRef object, String scope, String reason, String message, Code code) {
        verdicts.add(new Verdict(object, scope, PARTIALLY_INVALID, true, reason, message, code));
    }

    List<Verdict> sorted() {
        return verdicts.stream()
                .distinct()
                .sorted(Comparator.comparing(
                                (Verdict verdict) -> verdict.object().kind())
                        .thenComparing(verdict -> verdict.object().path()))
                .toList();
    }
}
