package dev.sixgate.edge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sixgate.edge.auth.PasswordChecks.Verdict;
import dev.sixgate.edge.servicemap.AccessFilter.BasicAuth;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.junit.jupiter.api.Test;

class PasswordChecksTest {
    private final Deque<Runnable> jobs = new ArrayDeque<>();
    private final List<Verdict> verdicts = new ArrayList<>();
    private final PasswordChecks checks = new PasswordChecks(job -> {
        if (jobs.size() == 2) throw new RejectedExecutionException();
        jobs.add(job);
    });
    private final BasicAuth shop = new BasicAuth(
            "shop", Map.of("ann", OpenBSDBCrypt.generate("2b", "pw".toCharArray(), new byte[16], 4)), null);

    private void check(BasicAuth filter, String user, String password) {
        checks.check(filter, new Credentials.Basic(user, password), verdicts::add);
    }

    @Test
    void what_was_right_is_remembered_and_what_was_wrong_is_not() {
        check(shop, "ann", "pw");
        jobs.remove().run();
        check(shop, "ann", "pw");
        assertThat(jobs).isEmpty();
        check(shop, "ann", "wrong");
        jobs.remove().run();
        check(shop, "ann", "wrong");
        assertThat(jobs).hasSize(1);
        assertThat(verdicts).containsExactly(Verdict.RIGHT, Verdict.RIGHT, Verdict.WRONG);
    }

    @Test
    void a_name_that_nobody_has_costs_as_much_and_is_nobodys_even_with_a_password_that_is_right() {
        check(shop, "eve", "pw");
        jobs.remove().run();
        check(shop, "ann", "pw");
        jobs.remove().run();
        check(shop, "eve", "pw");
        jobs.remove().run();
        assertThat(verdicts).containsExactly(Verdict.WRONG, Verdict.RIGHT, Verdict.WRONG);
    }

    @Test
    void a_changed_hash_forgets_the_old_password() {
        check(shop, "ann", "pw");
        jobs.remove().run();
        BasicAuth changed = new BasicAuth(
                "shop", Map.of("ann", OpenBSDBCrypt.generate("2b", "new".toCharArray(), new byte[16], 4)), null);
        check(changed, "ann", "pw");
        jobs.remove().run();
        assertThat(verdicts).containsExactly(Verdict.RIGHT, Verdict.WRONG);
    }

    @Test
    void a_full_line_is_told_at_once() {
        for (int i = 0; i < 3; i++) check(shop, "ann", "pw" + i);
        assertThat(verdicts).containsExactly(Verdict.BUSY);
    }

    @Test
    void each_line_of_a_file_that_is_not_understood_is_told() {
        PasswordFile file = PasswordFile.parse("""
            # comment

            ann:$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde
            bob:$apr1$x$y
            :x
            cyd
            dan:{SHA}AAAA
            ann:$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde
            eve:$2y$14$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde
            """.getBytes(StandardCharsets.UTF_8));
        assertThat(file.users()).containsOnlyKeys("ann");
        assertThat(file.faults()).extracting(PasswordFile.Fault::line).containsExactly(4, 5, 6, 7, 8, 9);
    }
}
