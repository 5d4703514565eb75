package dev.sixgate.certs.acme;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.provider.GenericAcmeProvider;

/** Reaches any directory, trusting the roots of a PEM file where there is one. */
final class Roots extends GenericAcmeProvider {
    private final @Nullable SSLContext tls;

    private Roots(@Nullable SSLContext tls) {
        this.tls = tls;
    }

    /** @param file null: the JDK's roots */
    static Roots of(@Nullable Path file) throws AcmeFailure {
        if (file == null) return new Roots(null);
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> roots =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (roots.isEmpty()) throw new AcmeFailure(file + " holds no certificate");
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int count = 0;
            for (Certificate root : roots) store.setCertificateEntry("root" + count++, root);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return new Roots(context);
        } catch (IOException | GeneralSecurityException e) {
            throw new AcmeFailure(file + " cannot be used as roots: " + e.getMessage());
        }
    }

    @Override
    public boolean accepts(URI server) {
        return true;
    }

    @Override
    public URL resolve(URI server) {
        try {
            return server.toURL();
        } catch (java.net.MalformedURLException e) {
            throw new IllegalArgumentException(server + " is no URL", e);
        }
    }

    @Override
    public HttpClient createHttpClient(NetworkSettings settings) {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(settings.getTimeout());
        if (settings.getProxySelector() != null) builder.proxy(settings.getProxySelector());
        if (tls != null) builder.sslContext(tls);
        return builder.build();
    }
}
