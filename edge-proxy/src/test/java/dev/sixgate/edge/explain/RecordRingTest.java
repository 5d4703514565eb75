package dev.sixgate.edge.explain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecordRingTest {
    private final RecordRing ring = new RecordRing(4, 2);

    @Test
    void the_newest_records_are_kept_and_found_by_id() {
        for (int i = 0; i < 10; i++) ring.finish(Records.ok("id" + i));
        assertThat(ring.recent(100)).extracting(r -> r.id).containsExactly("id9", "id8", "id7", "id6");
        assertThat(ring.recent(2)).extracting(r -> r.id).containsExactly("id9", "id8");
        assertThat(ring.find("id7")).isNotNull();
        assertThat(ring.find("id5")).isNull();
    }

    @Test
    void a_failure_outlives_any_rush_of_successes() {
        ring.finish(Records.failed("bad"));
        for (int i = 0; i < 100; i++) ring.finish(Records.ok("id" + i));
        assertThat(ring.find("bad")).isNotNull();
        assertThat(ring.failures(10)).extracting(r -> r.id).containsExactly("bad");
    }

    @Test
    void slow_ones_have_a_place_that_failures_do_not_take() {
        RequestRecord slow = Records.ok("slow");
        slow.firstByteNanos = slow.startNanos + RecordRing.SLOW_NANOS;
        ring.finish(slow);
        for (int i = 0; i < 10; i++) ring.finish(Records.failed("id" + i));
        assertThat(ring.slow(10)).containsExactly(slow);
        assertThat(ring.find("slow")).isSameAs(slow);
        assertThat(ring.failures(10)).hasSize(2);
    }

    @Test
    void a_server_error_of_the_backend_itself_counts_as_a_failure() {
        RequestRecord record = Records.ok("500");
        record.status = 500;
        ring.finish(record);
        assertThat(ring.failures(1)).containsExactly(record);
    }

    @Test
    void an_empty_ring_has_nothing() {
        assertThat(ring.recent(5)).isEmpty();
        assertThat(ring.find("x")).isNull();
    }
}
