package dev.sixgate.edge.admin;

import dev.sixgate.edge.admin.ControlServer.Request;
import dev.sixgate.edge.admin.ControlServer.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** How the admin paths answer: JSON in snake_case, and {@code {"error": "a sentence"}} for what is not 2xx. */
final class Answers {
    static final String JSON = "application/json";
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    private Answers() {}

    interface Answer {
        CompletionStage<Response> get();
    }

    static CompletionStage<Response> get(Request request, Answer answer) {
        boolean reads = request.method().equals("GET") || request.method().equals("HEAD");
        return reads ? answer.get() : now(error(405, request.path() + " is asked with GET"));
    }

    static CompletionStage<Response> post(Request request, Answer answer) {
        return request.method().equals("POST") ? answer.get() : now(error(405, request.path() + " is asked with POST"));
    }

    static Response json(int status, @Nullable Object value) {
        return new Response(status, JSON, MAPPER.writeValueAsString(value) + "\n");
    }

    static Response error(int status, String sentence) {
        return json(status, java.util.Map.of("error", sentence));
    }

    static CompletionStage<Response> now(Response response) {
        return CompletableFuture.completedStage(response);
    }

    static String shorten(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }

    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
