package dev.sixgate.edge.peers;

import dev.sixgate.mesh.wireguard.PrivateKey;
import dev.sixgate.mesh.wireguard.PublicKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;

/** The backend's host as anyone would build it: wireguard-go, {@code wg}, nginx and iperf3. Nothing of sixgate runs here. */
final class StockNode {
    static final String ADDRESS = "fdaa:0:48c8:a7b:228:4b6d:6e20:2";
    static final int HTTP_PORT = 8080;
    static final int IPERF_PORT = 5201;

    private final Lab lab;
    private final String device;
    private final PrivateKey key = PrivateKey.generate(new SecureRandom());
    private Process wireguard;

    StockNode(Lab lab) {
        this.lab = lab;
        device = lab.id + "w";
        startWireguard();
    }

    PublicKey publicKey() {
        return key.publicKey();
    }

    private void startWireguard() {
        wireguard = lab.start(
                Lab.NODE,
                lab.directory.resolve("wireguard-go.log"),
                "env",
                "LOG_LEVEL=verbose",
                "wireguard-go",
                "--foreground",
                device);
        Path control = Path.of("/var/run/wireguard", device + ".sock");
        Lab.await("wireguard-go listens at " + control, Duration.ofSeconds(20), () -> Files.exists(control));
        lab.run(
                Lab.NODE,
                "wg",
                "set",
                device,
                "listen-port",
                "51820",
                "private-key",
                lab.file("node.wgkey", key.toBase64() + "\n").toString());
        lab.run(Lab.NODE, "ip", "addr", "add", ADDRESS + "/128", "dev", device, "nodad");
        lab.run(Lab.NODE, "ip", "link", "set", device, "mtu", "1420", "up");
        lab.run(Lab.NODE, "ip", "route", "add", "fdaa::/16", "dev", device);
    }

    /** @param options further words of {@code wg set … peer KEY} */
    void peer(PublicKey peer, String... options) {
        String[] command = new String[5 + options.length];
        System.arraycopy(new String[] {"wg", "set", device, "peer", peer.toString()}, 0, command, 0, 5);
        System.arraycopy(options, 0, command, 5, options.length);
        lab.run(Lab.NODE, command);
    }

    void listenPort(int port) {
        lab.run(Lab.NODE, "wg", "set", device, "listen-port", Integer.toString(port));
    }

    String show(String what) {
        return lab.run(Lab.NODE, "wg", "show", device, what);
    }

    /** As in a crash: no last message, all sessions lost. */
    void kill() {
        wireguard.descendants().forEach(ProcessHandle::destroyForcibly);
        wireguard.destroyForcibly().onExit().join();
        try {
            Files.deleteIfExists(Path.of("/var/run/wireguard", device + ".sock"));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    void restart() {
        startWireguard();
    }

    /** nginx with a page, a file of {@code bigBytes} zeros-free bytes at /big, and PUT into /up/. */
    void startNginx(long bigBytes) {
        Path root = lab.directory.resolve("www");
        lab.run(
                Lab.NODE,
                "mkdir",
                "-p",
                root.resolve("up").toString(),
                lab.directory.resolve("tmp").toString());
        lab.file("www/index.html", "hello from nginx\n");
        lab.run(Lab.NODE, "sh", "-c", "head -c " + bigBytes + " /dev/urandom > " + root.resolve("big"));
        lab.run(
                Lab.NODE,
                "chmod",
                "-R",
                "a+rwX",
                root.toString(),
                lab.directory.resolve("tmp").toString());
        Path configuration =
                lab.file("nginx.conf", """
                    daemon off; worker_processes 1; pid %1$s/nginx.pid; error_log %1$s/nginx.error.log;
                    events { worker_connections 4096; }
                    http {
                      log_format peers '$remote_addr $server_addr:$server_port "$request" $status "$http_x_forwarded_for"';
                      access_log %1$s/nginx.access.log peers;
                      client_body_temp_path %1$s/tmp/b; proxy_temp_path %1$s/tmp/p; fastcgi_temp_path %1$s/tmp/f;
                      uwsgi_temp_path %1$s/tmp/u; scgi_temp_path %1$s/tmp/s;
                      keepalive_requests 1000000; keepalive_timeout 300s;
                      server {
                        listen [%2$s]:%3$d; root %4$s; client_max_body_size 0;
                        location = /slow { alias %4$s/big; limit_rate 180k; }
                        location /up/ { dav_methods PUT; create_full_put_path on; }
                        location = /1k { default_type text/plain; return 200 "%5$s"; }
                      }
                    }
                    """.formatted(lab.directory, ADDRESS, HTTP_PORT, root, "x".repeat(1024)));
        lab.start(Lab.NODE, lab.directory.resolve("nginx.log"), "nginx", "-c", configuration.toString());
        Lab.await(
                "nginx answers",
                Duration.ofSeconds(20),
                () -> lab.attempt(
                                        Lab.NODE,
                                        "curl",
                                        "-gsf",
                                        "-o",
                                        "/dev/null",
                                        "http://[" + ADDRESS + "]:" + HTTP_PORT + "/")
                                .exit()
                        == 0);
    }

    void startIperf() {
        lab.start(
                Lab.NODE,
                lab.directory.resolve("iperf3.log"),
                "iperf3",
                "-s",
                "-B",
                ADDRESS,
                "-p",
                Integer.toString(IPERF_PORT));
    }

    Path root() {
        return lab.directory.resolve("www");
    }

    String accessLog() {
        return Lab.read(lab.directory.resolve("nginx.access.log"));
    }
}
