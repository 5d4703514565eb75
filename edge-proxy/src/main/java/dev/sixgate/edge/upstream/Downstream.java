package dev.sixgate.edge.upstream;

import dev.sixgate.edge.http.Fields;
import dev.sixgate.edge.http.LocalAnswer;
import dev.sixgate.edge.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one {@link Exchange}; each client protocol has its own. Called on the event loop. Writes are seen by
 * the client after {@link #flush}. Order of calls: interim*, then either answer, or respond, body*, end; abort may come
 * instead of end, and nothing comes after answer, end or abort but flush.
 */
public interface Downstream {
    /** An interim response (1xx, not 101); its fields are end-to-end already. */
    void interim(ResponseHead head);

    /** The final head; its fields are end-to-end already. After 101, body carries raw bytes until end. */
    void respond(ResponseHead head);

    /** A piece of the response's body; takes {@code data}, which is not empty. */
    void body(ByteBuf data);

    /**
     * The response is complete. After 101: the backend sends no more, the client still may.
     *
     * @param trailers filtered already
     * @return done when the last byte has left the process, failed when it never will
     */
    Future<?> end(@Nullable Fields trailers);

    /** An answer of our own; nothing of a response was sent before. */
    Future<?> answer(LocalAnswer answer);

    /** The response that was begun cannot be completed, and the client must notice. */
    void abort();

    /** Whether more of the response may be written now; {@link Exchange#writabilityChanged} tells of changes. */
    boolean isWritable();

    void flush();

    /** The backend took what it was given: more of the request's body may be read from the client. */
    void requestMore();
}
