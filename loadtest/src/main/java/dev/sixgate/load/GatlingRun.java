package dev.sixgate.load;

import io.gatling.app.Runner;
import io.gatling.commons.util.DefaultClock;
import io.gatling.core.actor.ActorSystem;
import io.gatling.core.cli.GatlingArgs;
import io.gatling.core.config.GatlingConfiguration;
import io.gatling.core.config.GatlingConfiguration$;
import io.gatling.core.scenario.SimulationParams;
import io.gatling.core.stats.StatsEngine;
import io.gatling.core.stats.writer.RunMessage;
import io.gatling.netty.util.Transports;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Gatling's engine without its log files, reports, version check and usage analytics: nothing is written, and nothing is
 * sent but the load.
 */
final class GatlingRun extends Runner {
    private static final String STORE_PASSWORD = "sixgate"; // of a store that holds public certificates only

    private final Measurements measurements;

    private GatlingRun(
            ActorSystem actors, EventLoopGroup loops, GatlingConfiguration configuration, Measurements measurements) {
        super(
                actors,
                loops,
                new DefaultClock(),
                GatlingArgs.Empty()
                        .copy(
                                Option.apply(Browse.class.getName()),
                                Option.empty(),
                                true,
                                Option.empty(),
                                Option.empty(),
                                Option.empty(),
                                Option.empty()),
                configuration);
        this.measurements = measurements;
    }

    /**
     * Runs {@link Browse} to its end on the calling thread.
     *
     * @throws IOException with a plain sentence when the certificates cannot be read
     */
    static Summary browse(LoadPlan plan) throws IOException {
        Path store = plan.certificates() == null ? null : trustStore(plan.certificates());
        try {
            GatlingConfiguration configuration = configuration(plan, store);
            Measurements measurements = new Measurements(plan.warmUp(), plan.duration());
            EventLoopGroup loops = Transports.newEventLoopGroup(true, false, 0, "load");
            try (ActorSystem actors = new ActorSystem()) {
                GatlingRun run = new GatlingRun(actors, loops, configuration, measurements);
                ScopedValue.where(Browse.PLAN, plan)
                        .where(Browse.MEASUREMENTS, measurements)
                        .run(run::run);
                return measurements.summary();
            } finally {
                loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
            }
        } finally {
            if (store != null) Files.deleteIfExists(store);
        }
    }

    @Override
    public void displayVersionWarning() {}

    @Override
    public StatsEngine newStatsEngine(SimulationParams simulation, RunMessage run) {
        return measurements;
    }

    private static GatlingConfiguration configuration(LoadPlan plan, @Nullable Path trustStore) {
        List<Tuple2<String, ?>> settings = new ArrayList<>(List.of(
                Tuple2.apply("gatling.data.enableAnalytics", false),
                Tuple2.apply("gatling.data.writers", List.of()),
                Tuple2.apply("gatling.http.warmUpUrl", ""),
                Tuple2.apply("gatling.http.requestTimeout", plan.timeout().toMillis()),
                Tuple2.apply("gatling.socket.connectTimeout", plan.timeout().toMillis()),
                Tuple2.apply("gatling.ssl.handshakeTimeout", plan.timeout().toMillis()),
                Tuple2.apply("gatling.ssl.useInsecureTrustManager", plan.insecure()),
                Tuple2.apply("gatling.http.enableHostnameVerification", !plan.insecure())));
        if (trustStore != null) {
            settings.add(Tuple2.apply("gatling.ssl.trustStore.type", "pkcs12"));
            settings.add(Tuple2.apply("gatling.ssl.trustStore.file", trustStore.toString()));
            settings.add(Tuple2.apply("gatling.ssl.trustStore.password", STORE_PASSWORD));
        }
        // The one way into the configuration that neither reads nor writes global properties; fit for more than tests.
        return GatlingConfiguration$.MODULE$.loadForTest(
                CollectionConverters.asScala(settings).toSeq());
    }

    private static Path trustStore(Path pem) throws IOException {
        Path file = Files.createTempFile("sixgate-load-", ".p12");
        try (InputStream in = Files.newInputStream(pem);
                OutputStream out = Files.newOutputStream(file)) {
            Collection<? extends Certificate> roots =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (roots.isEmpty()) throw new IOException(pem + " holds no certificate");
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (Certificate root : roots) store.setCertificateEntry("root-" + number++, root);
            store.store(out, STORE_PASSWORD.toCharArray());
            return file;
        } catch (GeneralSecurityException e) {
            Files.deleteIfExists(file);
            throw new IOException(pem + " is not a PEM file of certificates: " + e.getMessage());
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }
}
