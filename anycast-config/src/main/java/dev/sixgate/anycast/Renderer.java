package dev.sixgate.anycast;

import java.util.List;

/** A daemon's configuration for a plan: a whole file, which that daemon reads as it is. */
public enum Renderer {
    BIRD {
        @Override
        public String render(AnycastPlan plan, SiteState state) {
            return new BirdText(plan, state).text();
        }
    },
    FRR {
        @Override
        public String render(AnycastPlan plan, SiteState state) {
            return new FrrText(plan, state).text();
        }
    },
    EXABGP {
        @Override
        public String render(AnycastPlan plan, SiteState state) throws PlanException {
            return new ExaBgpText(plan, state).text();
        }
    },
    GOBGP {
        @Override
        public String render(AnycastPlan plan, SiteState state) {
            return new GoBgpText(plan, state).text();
        }
    };

    /**
     * Ends with a line end. Holds the passwords of the plan.
     *
     * @throws PlanException when the daemon needs more than the plan says
     */
    public abstract String render(AnycastPlan plan, SiteState state) throws PlanException;

    static String repeated(long as, int times) {
        return String.join(" ", java.util.Collections.nCopies(times, Long.toString(as)));
    }

    static String spaced(List<?> items) {
        return String.join(" ", items.stream().map(Object::toString).toList());
    }
}
