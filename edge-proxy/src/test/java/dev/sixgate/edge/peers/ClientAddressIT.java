package dev.sixgate.edge.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An nginx as it comes, behind wireguard-go, sees each client under an address of its own: HTTP, raw TCP and UDP. */
class ClientAddressIT {
    /** 10.99.0.1, the client, in the edge's /80. */
    private static final String IPV4_CLIENT = "fdaa:0:48c8:e001:1:a63:1:0";

    private static Lab lab;
    private static StockNode node;
    private static EdgeProcess edge;

    @BeforeAll
    static void start() {
        RealPeers.require(
                "wireguard-go",
                "wg:wireguard-tools",
                "nginx",
                "curl",
                "bash",
                "ip:iproute2",
                "setpriv:util-linux",
                "openssl");
        lab = new Lab();
        node = new StockNode(lab);
        node.peer(EdgeProcess.PUBLIC_KEY, "allowed-ips", "fdaa:0:48c8:e001:1::/80");
        node.startNginx(1 << 10);
        startDatagrams();
        edge = new EdgeProcess(lab, """
            {
              "edge": { "name": "lab", "addresses": ["10.99.0.2", "2001:db8:99::2"] },
              "mesh": {
                "private_key": { "file": "edge.wgkey" }, "address": "fdaa:0:48c8:e001:1::/80", "listen_port": 51820,
                "peers": [ { "name": "node", "public_key": "%s", "endpoint": "10.98.0.2:51820", "allowed_ips": ["%s/128"] } ]
              },
              "apps": {
                "web": {
                  "backends": [ { "name": "nginx", "address": "%s" } ],
                  "services": [
                    { "name": "http", "internal_port": 8080, "client_ip": "embed", "ports": [ { "port": 8080, "handlers": ["http"] } ] },
                    { "name": "raw", "internal_port": 8080, "client_ip": "embed", "ports": [ { "port": 9001, "handlers": [] } ] },
                    { "name": "udp", "protocol": "udp", "internal_port": 7000, "client_ip": "embed", "ports": [ { "port": 9002 } ] }
                  ]
                }
              },
              "admin": { "listen": "unix:admin.sock" }
            }
            """.formatted(node.publicKey(), StockNode.ADDRESS, StockNode.ADDRESS));
    }

    /** A server that answers each datagram with the address that it came from. */
    private static void startDatagrams() {
        Path configuration = lab.file("udp.conf", """
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            daemon off; worker_processes 1; pid %1$s/udp.pid; error_log %1$s/udp.error.log;
            events { worker_connections 64; }
            stream { server { listen [%2$s]:7000 udp; return "$remote_addr\n"; } }
            """.formatted(lab.directory, StockNode.ADDRESS));
        lab.start(Lab.NODE, lab.directory.resolve("udp.log"), "nginx", "-c", configuration.toString());
        Lab.await(
                "nginx listens by UDP",
                Duration.ofSeconds(20),
                () -> lab.attempt(Lab.NODE, "sh", "-c", "ss -Hunl 'sport = :7000' | grep -q .")
                                .exit()
                        == 0);
    }

    @AfterAll
    static void stop() {
        if (lab != null) lab.close();
    }

    private static String peer() {
        String last = node.accessLog().lines().toList().getLast();
        return last.substring(0, last.indexOf(' '));
    }

    @Test
    void an_ipv4_client_by_http_and_by_raw_tcp() {
        lab.run(Lab.CLIENT, "curl", "-sSf", "-m", "20", "-o", "/dev/null", "http://10.99.0.2:8080/");
        assertThat(peer()).isEqualTo(IPV4_CLIENT);
        lab.run(Lab.CLIENT, "curl", "-sSf", "-m", "20", "-o", "/dev/null", "http://10.99.0.2:9001/");
        assertThat(peer()).isEqualTo(IPV4_CLIENT);
        assertThat(edge.command("whois", IPV4_CLIENT)).contains("10.99.0.1");
    }

    @Test
    void an_ipv6_client_is_an_id_that_whois_knows() {
        lab.run(Lab.CLIENT, "curl", "-gsSf", "-m", "20", "-o", "/dev/null", "http://[2001:db8:99::2]:8080/");
        assertThat(peer()).startsWith("fdaa:0:48c8:e001:1:");
        assertThat(edge.command("whois", peer())).contains("2001:db8:99::1");
    }

    @Test
    void a_client_by_udp() {
        assertThat(lab.run(
                        Lab.CLIENT,
                        "bash",
                        "-c",
                        "exec 3<>/dev/udp/10.99.0.2/9002; for i in 1 2 3 4 5; do echo hello >&3;"
                                + " timeout 2 dd bs=1000 count=1 status=none <&3 && exit; done; exit 1"))
                .isEqualTo(IPV4_CLIENT + "\n");
    }
}
