package dev.sixgate.edge.networkpolicy;

import dev.sixgate.edge.networkpolicy.Policy.Direction;
import org.jspecify.annotations.Nullable;

/** What was decided of a flow. The usual ones are made once, so that asking allocates nothing. */
public sealed interface Verdict {
    /** No policy is about this flow. */
    Verdict OPEN = new Allowed(null, "no policy selects it");

    boolean allowed();

    /** The policy that decided; null: none did. */
    @Nullable
    String policy();

    /** One sentence without its full stop: the rule that allowed, or the nearest that would have and what is missing. */
    String why();

    record Allowed(@Nullable String policy, String why) implements Verdict {
        @Override
        public boolean allowed() {
            return true;
        }
    }

    /**
     * Allowed, and a policy in audit mode would have denied it.
     *
     * @param denial what that policy says
     */
    record Audited(Denied denial) implements Verdict {
        @Override
        public boolean allowed() {
            return true;
        }

        @Override
        public String policy() {
            return denial.policy();
        }

        @Override
        public String why() {
            return "allowed in audit mode; if enforced, " + denial.why();
        }
    }

    /** @param table that was asked, so that the sentence is made only where somebody reads it */
    record Denied(PolicyTable table, Flow flow, Direction direction, String policy, boolean withAudit)
            implements Verdict {
        @Override
        public boolean allowed() {
            return false;
        }

        @Override
        public String why() {
            return table.denial(this);
        }
    }
}
