package dev.sixgate.edge.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code docs/reference/reasons.md} is what the enum says; {@code -Dsixgate.golden.rewrite=true} writes it. */
class ReasonsPageTest {
    private static final Path PAGE =
            Path.of(System.getProperty("sixgate.root", ".."), "docs", "reference", "reasons.md");

    @Test
    void the_page_lists_every_reason_as_it_is() throws IOException {
        StringBuilder page = new StringBuilder("""
            # Reasons

            Every answer that the edge makes itself, and every connection that it ends, has one of these reasons: in the field `sixgate-reason`,
            in the log, in `sixgate_requests_total` and in `sixgate explain ID`, where the id is the answer's `sixgate-request-id`. Answers without
            `sixgate-reason` are the backend's own. Requests of type `application/grpc` are answered with 200 and `grpc-status`.

            | reason | status | meaning |
            |---|---|---|
            """);
        for (Reason reason : Reason.values())
            page.append("| `")
                    .append(reason.code())
                    .append("` | ")
                    .append(reason.status() == 0 || reason.status() == 499 ? "none is sent" : reason.status())
                    .append(" | ")
                    .append(reason.sentence())
                    .append(" |\n");
        if (Boolean.getBoolean("sixgate.golden.rewrite")) Files.writeString(PAGE, page);
        assertThat(Files.readString(PAGE)).isEqualTo(page.toString());
    }
}
