package dev.sixgate.edge.run;

import dev.sixgate.edge.explain.JsonAccessLog;
import dev.sixgate.edge.explain.RecordRing;
import dev.sixgate.edge.explain.Recorder;
import dev.sixgate.edge.explain.RequestRecord;
import dev.sixgate.edge.metrics.EdgeMetrics;
import org.jspecify.annotations.Nullable;

/** Every finished record goes to the ring, the access log and the metrics, as they are at that moment. */
final class RecordSinks implements Recorder {
    private final EdgeMetrics metrics;
    private volatile RecordRing ring;
    private volatile @Nullable JsonAccessLog log;
    private volatile @Nullable Outcomes outcomes;
    private long droppedByClosedLogs; // guarded by this

    RecordSinks(EdgeMetrics metrics, RecordRing ring) {
        this.metrics = metrics;
        this.ring = ring;
    }

    @Override
    public void finish(RequestRecord record) {
        metrics.requestEnded(new EdgeMetrics.RequestFigures(
                record.app,
                record.service,
                record.protocol,
                record.status,
                record.reason == null ? null : record.reason.code(),
                record.endNanos - record.startNanos,
                record.requestBytes,
                record.responseBytes));
        JsonAccessLog to = log;
        if (to != null) to.finish(record);
        Outcomes counted = outcomes;
        if (counted != null) counted.finish(record);
        ring.finish(record); // last, so that whoever finds it there finds it everywhere
    }

    RecordRing ring() {
        return ring;
    }

    void resize(Snapshot.ExplainSettings settings) {
        ring = ring.resized(settings.keep(), settings.keepErrors());
    }

    /** Who counts how requests end for a while; null: nobody. */
    void count(@Nullable Outcomes with) {
        outcomes = with;
    }

    /** Takes the new log; prints out and closes the old one. */
    synchronized void replaceLog(@Nullable JsonAccessLog with) {
        JsonAccessLog old = log;
        log = with;
        if (old == null) return;
        old.close();
        droppedByClosedLogs += old.dropped();
    }

    synchronized long dropped() {
        JsonAccessLog now = log;
        return droppedByClosedLogs + (now == null ? 0 : now.dropped());
    }
}
