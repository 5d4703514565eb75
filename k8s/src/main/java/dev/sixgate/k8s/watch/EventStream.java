package dev.sixgate.k8s.watch;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The answer to a watch: lines of JSON without an end. The client's own watches tell neither when they are open nor why they
 * ended; both decide here whether what is known is up to date.
 */
final class EventStream implements AutoCloseable {
    /** Of one event; a longer one ends the watch. */
    static final int MAX_LINE_BYTES = 16 << 20;

    private static final JsonMapper MAPPER = JsonMapper.shared();

    /** Called by a thread of the client, one at a time. */
    interface Listener {
        /** @param type such as {@code ADDED} */
        void onEvent(String type, JsonNode object);

        /** No more events come; once. */
        void onEnd(ApiFailure why);
    }

    private final Listener listener;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private @Nullable AsyncBody body;
    private boolean ended;

    private EventStream(Listener listener) {
        this.listener = listener;
    }

    /** Waits for the head of the answer. @throws ApiFailure when it is none to a watch */
    static EventStream open(HttpClient client, String uri, long headMillis, Listener listener)
            throws ApiFailure, InterruptedException {
        EventStream stream = new EventStream(listener);
        CompletableFuture<HttpResponse<AsyncBody>> answer = client.consumeBytes(
                client.newHttpRequestBuilder()
                        .uri(uri)
                        .header("Accept", "application/json")
                        .forStreaming()
                        .build(),
                (buffers, body) -> {
                    if (stream.take(buffers)) body.consume();
                    else body.cancel();
                });
        try {
            HttpResponse<AsyncBody> response = answer.get(headMillis, TimeUnit.MILLISECONDS);
            if (response.code() != 200) {
                response.body().cancel();
                throw new ApiFailure(response.code() + " to a watch", response.code(), retryAfterMillis(response));
            }
            stream.begin(response.body());
            return stream;
        } catch (ExecutionException e) {
            throw ApiFailure.noAnswer(e);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new ApiFailure("no answer: none to a watch within " + headMillis + " ms", 0, 0);
        }
    }

    private static long retryAfterMillis(HttpResponse<?> response) {
        String seconds = response.header("Retry-After");
        return seconds != null && seconds.matches("[0-9]{1,4}") ? Long.parseLong(seconds) * 1_000 : 0;
    }

    private void begin(AsyncBody opened) {
        synchronized (this) {
            body = opened;
        }
        opened.done()
                .whenComplete(
                        (_, failure) -> end(failure == null ? ApiFailure.CLEAN_END : ApiFailure.noAnswer(failure)));
        opened.consume();
    }

    /** False: enough. */
    private boolean take(List<ByteBuffer> buffers) {
        for (ByteBuffer buffer : buffers)
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next != '\n') line.write(next);
                else if (!event()) return false;
                if (line.size() > MAX_LINE_BYTES) {
                    end(new ApiFailure("an event is larger than " + (MAX_LINE_BYTES >> 20) + " MiB", 410, 0));
                    return false;
                }
            }
        return true;
    }

    private boolean event() {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        if (text.isBlank()) return true;
        try {
            JsonNode event = MAPPER.readTree(text);
            String type = event.path("type").asString("");
            JsonNode object = event.path("object");
            if (!type.equals("ERROR")) listener.onEvent(type, object);
            else {
                int code = object.path("code").asInt(0);
                end(new ApiFailure(code + " " + object.path("message").asString("the watch failed"), code, 0));
            }
            return !type.equals("ERROR");
        } catch (JacksonException e) {
            // What was lost is not known, so everything is asked for again.
            end(new ApiFailure("an event is no JSON", 410, 0));
            return false;
        }
    }

    private void end(ApiFailure why) {
        synchronized (this) {
            if (ended) return;
            ended = true;
        }
        listener.onEnd(why);
    }

    @Override
    public void close() {
        AsyncBody opened;
        synchronized (this) {
            ended = true;
            opened = body;
        }
        if (opened != null) opened.cancel();
    }
}
