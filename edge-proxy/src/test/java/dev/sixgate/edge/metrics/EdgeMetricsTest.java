package dev.sixgate.edge.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.metrics.EdgeMetrics.PeerFigures;
import dev.sixgate.edge.metrics.EdgeMetrics.RequestFigures;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EdgeMetricsTest {
    private final EdgeMetrics metrics = new EdgeMetrics();

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void requests_count_by_service_class_and_reason() {
        metrics.requestEnded(request("hello", 200, null));
        metrics.requestEnded(request("hello", 204, null));
        metrics.requestEnded(request("hello", 502, "backend_refused"));
        assertThat(metrics.scrape())
                .contains(
                        "sixgate_requests_total{app=\"hello\",protocol=\"http/1.1\",reason=\"none\",service=\"http\",status=\"2xx\"}"
                            + " 2.0",
                        "sixgate_requests_total{app=\"hello\",protocol=\"http/1.1\",reason=\"backend_refused\",service=\"http\",status=\"5xx\"}"
                            + " 1.0",
                        "sixgate_request_duration_seconds_count{app=\"hello\",service=\"http\"} 3",
                        "sixgate_request_duration_seconds_bucket{app=\"hello\",service=\"http\",le=\"0.005\"} 3",
                        "sixgate_response_bytes_total{app=\"hello\",service=\"http\"} 60.0");
    }

    @Test
    void a_request_that_no_service_took_and_a_raw_connection_have_series_too() {
        metrics.requestEnded(new RequestFigures(null, null, "http/1.1", 404, "no_route", 1, 0, 0));
        metrics.requestEnded(new RequestFigures("raw", "echo", "tcp", 0, null, 1, 5, 5));
        assertThat(metrics.scrape())
                .contains(
                        "{app=\"none\",protocol=\"http/1.1\",reason=\"no_route\",service=\"none\",status=\"4xx\"} 1.0",
                        "{app=\"raw\",protocol=\"tcp\",reason=\"none\",service=\"echo\",status=\"none\"} 1.0");
    }

    @Test
    void the_number_of_series_is_bounded_whatever_happens() {
        for (int i = 0; i < EdgeMetrics.MAX_REQUEST_SERIES + 100; i++)
            metrics.requestEnded(request("a" + i, 200, null));
        long series = metrics.scrape()
                .lines()
                .filter(l -> l.startsWith("sixgate_requests_total{"))
                .count();
        assertThat(series).isLessThanOrEqualTo(EdgeMetrics.MAX_REQUEST_SERIES + 1);
        assertThat(metrics.scrape()).contains("sixgate_requests_total{app=\"other\"");
    }

    @Test
    void series_of_apps_that_are_gone_go() {
        metrics.requestEnded(request("old", 200, null));
        metrics.requestEnded(request("kept", 200, null));
        metrics.retain(Set.of("kept"));
        assertThat(metrics.scrape()).contains("app=\"kept\"").doesNotContain("app=\"old\"");
    }

    @Test
    void connections_are_counted_while_they_last() {
        metrics.connectionOpened();
        metrics.connectionOpened();
        metrics.connectionClosed();
        metrics.connectionRefused();
        assertThat(metrics.scrape())
                .contains(
                        "sixgate_connections_active 1.0",
                        "sixgate_connections_total 2.0",
                        "sixgate_connections_refused_total 1.0");
    }

    @Test
    void a_failed_reload_counts_and_makes_the_map_stale_until_one_succeeds() {
        assertThat(metrics.scrape()).contains("sixgate_map_staleness_seconds 0.0");
        metrics.reloaded(false, System.nanoTime() - 5_000_000_000L);
        assertThat(metrics.scrape())
                .contains("sixgate_reloads_total{result=\"failed\"} 1.0")
                .containsPattern("sixgate_map_staleness_seconds [5-9]");
        metrics.reloaded(true, System.nanoTime());
        assertThat(metrics.scrape())
                .contains("sixgate_reloads_total{result=\"ok\"} 1.0", "sixgate_map_staleness_seconds 0.0");
    }

    @Test
    void peers_have_series_while_they_are_configured() {
        metrics.mesh(List.of(new PeerFigures("node", 3, 100, 200, true)), Map.of("bad_tag", 7L));
        assertThat(metrics.scrape())
                .contains(
                        "sixgate_mesh_handshake_age_seconds{peer=\"node\"} 3.0",
                        "sixgate_mesh_received_bytes_total{peer=\"node\"} 100.0",
                        "sixgate_mesh_sent_bytes_total{peer=\"node\"} 200.0",
                        "sixgate_mesh_peer_unreachable{peer=\"node\"} 1.0",
                        "sixgate_mesh_dropped_datagrams_total{reason=\"bad_tag\"} 7.0");
        metrics.mesh(List.of(new PeerFigures("other", -1, 0, 0, false)), Map.of("bad_tag", 8L));
        assertThat(metrics.scrape())
                .contains("{peer=\"other\"} -1.0", "{reason=\"bad_tag\"} 8.0")
                .doesNotContain("peer=\"node\"");
    }

    @Test
    void the_mesh_tells_its_memory_and_its_cookies() {
        metrics.mesh().load(new MeshMeters.Load(1000, 2000, 3, 4, 5, 6));
        assertThat(metrics.scrape())
                .contains(
                        "sixgate_mesh_tcp_memory_bytes 1000.0",
                        "sixgate_mesh_tcp_memory_limit_bytes 2000.0",
                        "sixgate_mesh_syn_cookies_total{result=\"sent\"} 3.0",
                        "sixgate_mesh_syn_cookies_total{result=\"accepted\"} 4.0",
                        "sixgate_mesh_handshake_cookies_total{result=\"sent\"} 5.0",
                        "sixgate_mesh_handshake_cookies_total{result=\"accepted\"} 6.0");
    }

    private static RequestFigures request(String app, int status, String reason) {
        return new RequestFigures(app, "http", "http/1.1", status, reason, 2_000_000, 10, 20);
    }
}
