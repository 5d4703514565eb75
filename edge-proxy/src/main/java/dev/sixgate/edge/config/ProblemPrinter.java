package dev.sixgate.edge.config;

import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Problems as text for people and as JSON for programs, both bounded, with the rest counted. */
public final class ProblemPrinter {
    public static final int MAX_PROBLEMS = 100;
    public static final int MAX_BYTES = 20_000;

    private static final JsonFactory FACTORY = new JsonFactory();
    /** Kept free for the last line, {@code and N more}. */
    private static final int REST_BYTES = 64;

    private ProblemPrinter() {}

    /** Empty when there are none; otherwise lines, the last of which ends with a line break too. */
    public static String text(List<Problem> problems) {
        StringBuilder text = new StringBuilder();
        int bytes = 0;
        int printed = 0;
        for (Problem problem : problems) {
            String entry = entry(problem);
            int length = entry.getBytes(StandardCharsets.UTF_8).length;
            if (printed == MAX_PROBLEMS || bytes + length > MAX_BYTES - REST_BYTES) break;
            text.append(entry);
            bytes += length;
            printed++;
        }
        if (printed < problems.size())
            text.append("and ").append(problems.size() - printed).append(" more\n");
        return text.toString();
    }

    private static String entry(Problem problem) {
        String first = severity(problem) + "[" + problem.code() + "] " + problem.file() + ":" + problem.line() + ":"
                + problem.column() + " " + (problem.pointer().isEmpty() ? "/" : problem.pointer()) + "\n  "
                + problem.message() + "\n";
        return problem.help() == null ? first : first + "  help: " + problem.help() + "\n";
    }

    private static String severity(Problem problem) {
        return problem.severity().name().toLowerCase(Locale.ROOT);
    }

    /**
     * One document with a line break behind it: {@code {"errors":1,"warnings":0,"problems":[{"code":…,"severity":"error","file":…,"line":…,
     * "column":…,"pointer":…,"message":…,"help":…}],"more":0}}.
     */
    public static String json(List<Problem> problems) {
        StringBuilder entries = new StringBuilder();
        int bytes = 0;
        int printed = 0;
        for (Problem problem : problems) {
            String entry = jsonEntry(problem);
            int length = entry.getBytes(StandardCharsets.UTF_8).length + 1;
            if (printed == MAX_PROBLEMS || bytes + length > MAX_BYTES - 2 * REST_BYTES) break;
            if (printed > 0) entries.append(",\n");
            entries.append(entry);
            bytes += length + 1;
            printed++;
        }
        long errors = problems.stream().filter(Problem::isError).count();
        return "{\"errors\":" + errors + ",\"warnings\":" + (problems.size() - errors) + ",\"problems\":[" + entries
                + "],\"more\":" + (problems.size() - printed) + "}\n";
    }

    private static String jsonEntry(Problem problem) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeStringProperty("code", problem.code().toString());
            json.writeStringProperty("severity", severity(problem));
            json.writeStringProperty("file", problem.file());
            json.writeNumberProperty("line", problem.line());
            json.writeNumberProperty("column", problem.column());
            json.writeStringProperty("pointer", problem.pointer());
            json.writeStringProperty("message", problem.message());
            if (problem.help() != null) json.writeStringProperty("help", problem.help());
            json.writeEndObject();
        }
        return out.toString();
    }
}
