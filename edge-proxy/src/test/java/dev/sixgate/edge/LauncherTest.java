package dev.sixgate.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a tree of its own, with a JDK and a Maven that only write down how they were called. */
class LauncherTest {
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    @TempDir
    Path directory;

    private Path tree;
    private Path tools;
    private Path jdk;

    record Ended(int exit, long pid, List<String> out, List<String> err) {}

    @BeforeEach
    void build_a_tree() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        tree = Files.createDirectory(directory.resolve("tree"));
        tools = Files.createDirectory(directory.resolve("tools"));
        jdk = directory.resolve("jdk");
        // Without the places where this machine may have a JDK 25 of its own.
        String launcher = Files.readString(Path.of(System.getProperty("sixgate.root", ".."), "sixgate"))
                .replaceAll(" /(usr|opt|Library)/", " " + directory + "/nowhere/");
        executable(tree.resolve("sixgate"), launcher);
        Files.writeString(tree.resolve("pom.xml"), "root");
        for (String module : List.of("certs", "k8s", "mesh-dataplane", "edge-proxy", "loadtest")) {
            Files.createDirectories(tree.resolve(module).resolve("src/main/java"));
            Files.writeString(tree.resolve(module).resolve("pom.xml"), module);
            Files.writeString(tree.resolve(module).resolve("src/main/java/A.java"), "class A {}");
        }
        javaHome("25.0.3");
        executable(tools.resolve("mvn"), """
            #!/bin/sh
            echo "maven says $*"
            [ -z "$FAIL" ] || exit 1
            for module in edge-proxy loadtest; do
              case "$*" in *"-pl $module "*) mkdir -p $module/target; echo jar >>$module/target/$module-1-all.jar ;; esac
            done
            """);
    }

    @AfterEach
    void make_it_deletable() throws Exception {
        new ProcessBuilder("chmod", "-R", "u+w", directory.toString()).start().waitFor(10, TimeUnit.SECONDS);
    }

    @Test
    void the_first_use_builds_and_the_next_does_not() throws Exception {
        Ended first = launch("version");
        assertThat(first.exit()).isZero();
        assertThat(first.err())
                .anyMatch(line -> line.startsWith("maven says "))
                .anyMatch(line -> line.contains("building edge-proxy"));
        assertThat(first.out().getLast())
                .endsWith("-jar " + tree.toRealPath().resolve("edge-proxy/target/sixgate.jar") + " version");
        Ended second = launch("version");
        assertThat(second.err()).isEmpty();
        assertThat(second.out().getLast()).endsWith(" version");
    }

    @Test
    void a_changed_source_is_built_and_a_touched_one_is_not() throws Exception {
        launch("version");
        Path source = tree.resolve("mesh-dataplane/src/main/java/A.java");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(launch("version").err()).isEmpty();
        Files.writeString(source, "class A { int changed; }");
        assertThat(launch("version").err()).anyMatch(line -> line.startsWith("maven says "));
    }

    @Test
    void the_launcher_becomes_the_jvm_with_the_flags_of_the_product() throws Exception {
        Ended ended = launch(Map.of("JAVA_OPTS", "-Da=* -Db"), "run", "with space.json");
        assertThat(ended.out().getFirst()).isEqualTo("pid " + ended.pid());
        assertThat(ended.out().getLast())
                .contains(
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:+UseCompactObjectHeaders")
                .containsPattern(
                        "-Xms64m -Xmx\\d+m -XX:MaxDirectMemorySize=\\d+m -Da=\\* -Db -jar .*/sixgate.jar run \\[with"
                                + " space.json]$");
    }

    @Test
    void the_jvm_can_be_interrupted_although_a_script_started_it_in_the_background() throws Exception {
        assumeThat(Path.of("/proc/self/status")).exists();
        executable(jdk.resolve("bin/java"), "#!/bin/sh\ngrep SigIgn /proc/$$/status\n");
        launch("version");
        Path script = directory.resolve("script");
        executable(script, "#!/bin/sh\n" + tree.resolve("sixgate") + " run x.json &\nwait\n");
        assertThat(start(directory, Map.of(), List.of(script.toString())).out())
                .singleElement()
                .asString()
                .matches("SigIgn:\\s*[0-9a-f]*[014589cd]"); // bit 1 is SIGINT
    }

    @Test
    void it_works_through_symbolic_links_and_from_any_directory() throws Exception {
        launch("version");
        Path elsewhere = Files.createDirectories(directory.resolve("a b/c"));
        Files.createSymbolicLink(elsewhere.resolve("one"), Path.of("../../tree/sixgate"));
        Files.createSymbolicLink(elsewhere.resolve("two"), elsewhere.resolve("one"));
        Ended ended = start(elsewhere, Map.of(), List.of("./two", "check", "x.json"));
        assertThat(ended.exit()).isZero();
        assertThat(ended.out()).contains("in " + elsewhere.toRealPath());
        assertThat(ended.out().getLast())
                .contains(tree.toRealPath().resolve("edge-proxy/target/sixgate.jar") + " check x.json");
    }

    @Test
    void a_built_tree_copied_with_new_time_stamps_runs_as_another_user_without_maven() throws Exception {
        launch("version");
        Path copy = directory.resolve("copy");
        assertThat(start(directory, Map.of(), List.of("cp", "-R", tree.toString(), copy.toString()))
                        .exit())
                .isZero();
        withoutMaven();
        Ended ended = asAnotherUser(copy, "version");
        assertThat(ended.err()).isEmpty();
        assertThat(ended.exit()).isZero();
        assertThat(ended.out().getLast())
                .endsWith(copy.toRealPath().resolve("edge-proxy/target/sixgate.jar") + " version");
    }

    @Test
    void what_cannot_be_built_again_is_run_with_one_line_about_it() throws Exception {
        launch("version");
        Files.writeString(tree.resolve("certs/src/main/java/A.java"), "class A { int changed; }");
        withoutMaven();
        Ended ended = launch("version");
        assertThat(ended.exit()).isZero();
        assertThat(ended.err())
                .singleElement()
                .asString()
                .contains("the sources changed")
                .contains("running what is there");
        executable(tools.resolve("mvn"), "#!/bin/sh\necho must not be called; exit 1\n");
        Ended other = asAnotherUser(tree, "version");
        assertThat(other.exit()).isZero();
        assertThat(other.err()).singleElement().asString().contains("running what is there");
    }

    @Test
    void a_build_that_fails_ends_it() throws Exception {
        Ended ended = launch(Map.of("FAIL", "1"), "version");
        assertThat(ended.exit()).isEqualTo(1);
        assertThat(ended.err()).last().asString().contains("the build failed");
        assertThat(ended.out()).isEmpty();
    }

    @Test
    void without_a_jar_and_without_maven_it_says_what_to_install() throws Exception {
        withoutMaven();
        Ended ended = launch("version");
        assertThat(ended.exit()).isEqualTo(1);
        assertThat(ended.err()).singleElement().asString().contains("install Maven 3.8.7 or newer");
    }

    @Test
    void without_a_jdk_25_it_says_what_to_install_in_one_sentence() throws Exception {
        javaHome("17.0.15");
        for (String words : List.of("version", "dev jdk", "load run")) {
            Ended ended = launch(words.split(" "));
            assertThat(ended.exit()).isEqualTo(1);
            assertThat(ended.err()).singleElement().asString().contains("no JDK 25 was found; install one");
        }
    }

    @Test
    void a_jdk_25_is_found_where_JAVA25_HOME_points_although_JAVA_HOME_is_older() throws Exception {
        javaHome("17.0.15");
        Path old = jdk;
        jdk = directory.resolve("newer");
        javaHome("25");
        Ended ended = launch(Map.of("JAVA_HOME", old.toString(), "JAVA25_HOME", jdk.toString()), "dev", "jdk");
        assertThat(ended.exit()).as(ended.toString()).isZero();
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).isEmpty();
    }

    @Test
    void load_is_a_jar_of_its_own() throws Exception {
        Ended ended = launch("load", "run", "browse");
        assertThat(ended.out().getLast()).endsWith("/loadtest/target/sixgate.jar run browse");
        assertThat(tree.resolve("edge-proxy/target")).doesNotExist();
    }

    @Test
    void dev_knows_its_words() throws Exception {
        assertThat(launch("dev", "nonsense").exit()).isEqualTo(2);
        assertThat(launch("dev", "format").out()).singleElement().asString().contains("-Dsixgate.format.rewrite=true");
        assertThat(launch("dev", "check").out()).containsExactly("maven says verify");
        assertThat(launch("dev", "loop", "nowhere").err()).containsExactly("sixgate: there is no module nowhere");
    }

    private Ended launch(String... words) throws Exception {
        return launch(Map.of(), words);
    }

    private Ended launch(Map<String, String> environment, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of(tree.resolve("sixgate").toString()));
        command.addAll(List.of(words));
        return start(directory, environment, command);
    }

    /** Someone who may read and run the tree and nothing else: nobody where we are root, else ourselves with the tree write-protected. */
    private Ended asAnotherUser(Path copy, String word) throws Exception {
        List<String> command = new ArrayList<>();
        if (ROOT) {
            assumeThat(Files.isExecutable(Path.of("/usr/bin/setpriv"))).isTrue();
            command.addAll(List.of("/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"));
        } else {
            start(directory, Map.of(), List.of("chmod", "-R", "a-w", copy.toString()));
        }
        command.addAll(List.of(copy.resolve("sixgate").toString(), word));
        return start(directory, Map.of(), command);
    }

    private Ended start(Path where, Map<String, String> environment, List<String> command) throws Exception {
        Path out = directory.resolve("stdout");
        Path err = directory.resolve("stderr");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(where.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", tools + ":" + plainTools());
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), process.pid(), Files.readAllLines(out), Files.readAllLines(err));
    }

    /** The system's tools without its Maven and Java. */
    private Path plainTools() throws IOException {
        Path plain = directory.resolve("plain");
        if (Files.exists(plain)) return plain;
        Files.createDirectory(plain);
        for (String place : List.of("/bin", "/usr/bin")) {
            for (String tool : List.of(
                    "sh",
                    "awk",
                    "cat",
                    "chmod",
                    "cksum",
                    "cp",
                    "cut",
                    "dirname",
                    "env",
                    "find",
                    "flock",
                    "grep",
                    "mkdir",
                    "mktemp",
                    "mv",
                    "paste",
                    "readlink",
                    "rm",
                    "sed",
                    "sleep",
                    "sort",
                    "touch",
                    "xargs")) {
                Path found = Path.of(place, tool);
                if (Files.isExecutable(found) && !Files.exists(plain.resolve(tool)))
                    executable(plain.resolve(tool), "#!/bin/sh\nexec " + found + " \"$@\"\n");
            }
        }
        return plain;
    }

    private void withoutMaven() throws IOException {
        Files.delete(tools.resolve("mvn"));
    }

    private void javaHome(String version) throws IOException {
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        executable(jdk.resolve("bin/java"), """
            #!/bin/sh
            echo "pid $$"
            echo "in $(pwd -P)"
            for word; do case $word in *" "*) word="[$word]" ;; esac; line="$line $word"; done
            echo "$line"
            """);
        executable(jdk.resolve("bin/javac"), "#!/bin/sh\n");
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
