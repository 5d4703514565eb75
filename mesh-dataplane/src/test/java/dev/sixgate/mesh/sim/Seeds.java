package dev.sixgate.mesh.sim;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.AnnotationConsumer;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * The seeds 0 to {@link #value} - 1 and those of {@link #also}, or that of {@code -Dsixgate.sim.seed}; {@code -Dsixgate.sim.seeds} asks for another
 * number of them. A failure tells the command that replays it.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ArgumentsSource(Seeds.Provider.class)
@ExtendWith(Seeds.Replay.class)
@interface Seeds {
    long value();

    /** Seeds that found something. */
    long[] also() default {};

    final class Provider implements ArgumentsProvider, AnnotationConsumer<Seeds> {
        private long count;
        private long[] also = {};

        @Override
        public void accept(Seeds seeds) {
            count = Long.getLong("sixgate.sim.seeds", seeds.value());
            also = seeds.also();
        }

        @Override
        public Stream<? extends Arguments> provideArguments(
                ParameterDeclarations declarations, ExtensionContext context) {
            Long one = Long.getLong("sixgate.sim.seed");
            if (one != null) return Stream.of(Arguments.of(one));
            return LongStream.concat(LongStream.range(0, count), LongStream.of(also))
                    .distinct()
                    .mapToObj(Arguments::of);
        }
    }

    final class Replay implements InvocationInterceptor {
        @Override
        public void interceptTestTemplateMethod(
                Invocation<Void> invocation,
                ReflectiveInvocationContext<java.lang.reflect.Method> method,
                ExtensionContext context)
                throws Throwable {
            try {
                invocation.proceed();
            } catch (Throwable failure) {
                String command = "mvn -pl mesh-dataplane test -Dtest='"
                        + context.getRequiredTestClass().getSimpleName() + "#"
                        + context.getRequiredTestMethod().getName() + "*' -Dsixgate.sim.seed="
                        + method.getArguments().getFirst();
                throw new AssertionError(failure.getMessage() + "\nreplay it with: " + command, failure);
            }
        }
    }
}
