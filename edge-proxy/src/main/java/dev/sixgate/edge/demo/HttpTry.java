package dev.sixgate.edge.demo;

import dev.sixgate.edge.demo.Try.Outcome;
import dev.sixgate.edge.explain.AddressText;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** An HTTP/1.1 request written by hand, so that address and name can differ. */
final class HttpTry {
    private static final int TIMEOUT_MILLIS = 15_000;

    private HttpTry() {}

    static Outcome plain(InetSocketAddress address, String host) throws IOException {
        try (Socket socket = connect(new Socket(), address)) {
            return page(exchange(socket, host), address);
        }
    }

    static Outcome tls(InetSocketAddress address, String host, Path root) throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trusting(root).getTrustManagers(), null);
        // Told the name, and not only the address, so that it insists on a certificate for it.
        try (Socket tcp = connect(new Socket(), address);
                SSLSocket socket =
                        (SSLSocket) context.getSocketFactory().createSocket(tcp, host, address.getPort(), true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(host)));
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setApplicationProtocols(new String[] {"http/1.1"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return page(exchange(socket, host), address);
        }
    }

    static Outcome unknownHost(InetSocketAddress address, String host) throws IOException {
        try (Socket socket = connect(new Socket(), address)) {
            String answer = exchange(socket, host);
            String reason = answer.lines()
                    .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("sixgate-reason:"))
                    .findFirst()
                    .orElse("no reason given");
            return new Outcome(
                    answer.startsWith("HTTP/1.1 404 ") && reason.endsWith("no_route"),
                    status(answer) + ", " + reason,
                    "-");
        }
    }

    static TrustManagerFactory trusting(Path root) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = Files.newInputStream(root)) {
            store.setCertificateEntry(
                    "root", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory;
    }

    /** Judges what the app's page says: it must come from the mesh and show the address that we came from. */
    static Outcome page(String answer, InetSocketAddress asked) {
        String backend = fact(answer, "backend");
        String client = fact(answer, "client");
        String here = AddressText.of(asked.getAddress()); // on loopback both ends have the same one
        String greeting = answer.lines()
                .filter(line -> line.startsWith("hello from"))
                .findFirst()
                .orElse("no greeting");
        boolean passed = answer.startsWith("HTTP/")
                && answer.split("\\s", 3)[1].equals("200")
                && backend.startsWith("fdaa:")
                && client.equals(here);
        String wrong = client.equals(here) ? "" : ", client " + client + " instead of " + here;
        return new Outcome(passed, status(answer) + ", " + greeting + wrong, backend);
    }

    private static String fact(String answer, String name) {
        return answer.lines()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> line.substring(name.length()).strip())
                .findFirst()
                .orElse("-");
    }

    private static <S extends Socket> S connect(S socket, InetSocketAddress address) throws IOException {
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.connect(address, TIMEOUT_MILLIS);
        return socket;
    }

    private static String exchange(Socket socket, String host) throws IOException {
        String request = "GET / HTTP/1.1\r\nHost: " + host + ":" + socket.getPort() + "\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String status(String answer) {
        return answer.lines().findFirst().orElse("no answer");
    }
}
