package dev.sixgate.edge.cli;

import java.io.PrintWriter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** What an edge says of a change, as people read it. */
final class AnswerText {
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    private AnswerText() {}

    /** As an edge would have said it. */
    static String json(Object answer) {
        return JSON.writeValueAsString(answer);
    }

    static JsonNode parse(String json) {
        return JSON.readTree(json);
    }

    static void changes(JsonNode answer, PrintWriter out) {
        for (JsonNode change : answer.path("changes"))
            out.println(change.path("text").asString(""));
        out.println(
                answer.path("changes").isEmpty()
                        ? "nothing is different"
                        : answer.path("summary").asString(""));
    }

    static void problems(JsonNode answer, PrintWriter err) {
        for (JsonNode problem : answer.path("problems")) err.println(problem.asString(""));
        err.flush();
    }
}
