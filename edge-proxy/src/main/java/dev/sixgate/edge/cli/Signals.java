package dev.sixgate.edge.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signals, by reflection: {@code sun.misc.Signal} is the JDK's only door to them, exported and supported (JEP 260), and the
 * compiler warns of it in a way that cannot be switched off.
 */
final class Signals {
    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /**
     * Runs {@code action} on a thread of the JVM's own whenever the signal comes.
     *
     * @param name without SIG, such as {@code HUP}
     */
    static void on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object calls = Proxy.newProxyInstance(
                    handler.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        switch (method.getName()) {
                            case "handle" -> action.run();
                            case "hashCode" -> {
                                return System.identityHashCode(proxy);
                            }
                            case "equals" -> {
                                return proxy == arguments[0];
                            }
                            default -> {
                                return "on SIG" + name;
                            }
                        }
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), calls);
        } catch (InvocationTargetException e) {
            LOG.warn("SIG{} cannot be handled here: {}", name, e.getCause().getMessage());
        } catch (ReflectiveOperationException e) {
            LOG.warn("SIG{} cannot be handled by this Java run time", name);
        }
    }
}
