package dev.sixgate.k8s;

import org.jspecify.annotations.Nullable;

/**
 * One condition of one object.
 *
 * @param scope the part of the object it is about: of a Gateway the listener's name, of a route the parent
 *     ({@code default/public/https}); empty: the whole
 * @param condition its type, such as {@code Accepted}
 * @param reason in one word, as the Gateway API has them
 * @param message a sentence for the one who wrote the object
 * @param code null: nothing is wrong
 */
public record Verdict(
        ObjectRef object,
        String scope,
        String condition,
        boolean status,
        String reason,
        String message,
        @Nullable Code code) {
    /** One line, such as {@code Service default/legacy: Accepted=False UnsupportedIPFamily [SG-K8S-001] …}. */
    @Override
    public String toString() {
        return object + (scope.isEmpty() ? "" : " (" + scope + ")") + ": " + condition + "="
                + (status ? "True" : "False") + " " + reason + (code == null ? "" : " [" + code + "]")
                + (message.isEmpty() ? "" : " " + message);
    }
}
