package dev.sixgate.edge.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileWatcherTest {
    @TempDir
    Path directory;

    private final FileWatcher watcher = new FileWatcher();

    @Test
    void nothing_changed_is_nothing_changed() throws IOException {
        watch(Files.writeString(directory.resolve("a"), "1"));
        assertThat(watcher.changed()).isFalse();
        assertThat(watcher.changed()).isFalse();
    }

    @Test
    void a_change_is_told_once_it_stands_still() throws IOException {
        Path file = Files.writeString(directory.resolve("a"), "1");
        watch(file);
        Files.writeString(file, "12");
        assertThat(watcher.changed()).isFalse();
        assertThat(watcher.unsettled()).isTrue();
        Files.writeString(file, "123");
        assertThat(watcher.changed()).isFalse();
        assertThat(watcher.changed()).isTrue();
        assertThat(watcher.changed()).isFalse();
    }

    @Test
    void a_rewrite_of_equal_size_with_its_old_time_is_seen_when_another_file_took_its_place() throws IOException {
        Path file = Files.writeString(directory.resolve("a"), "1");
        FileTime time = Files.getLastModifiedTime(file);
        watch(file);
        Path next = Files.writeString(directory.resolve("b"), "2");
        Files.setLastModifiedTime(next, time);
        Files.move(next, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        assertThat(settles()).isTrue();
    }

    @Test
    void files_that_come_and_go_are_changes() throws IOException {
        Path file = directory.resolve("a");
        watch(file);
        Files.writeString(file, "1");
        assertThat(settles()).isTrue();
        Files.delete(file);
        assertThat(settles()).isTrue();
    }

    @Test
    void a_directory_is_watched_with_what_is_in_it() throws IOException {
        Path keys = Files.createDirectory(directory.resolve("keys"));
        Path key = Files.writeString(keys.resolve("a.pem"), "1");
        watch(keys);
        Files.writeString(key, "22");
        assertThat(settles()).isTrue();
        Files.writeString(keys.resolve("b.pem"), "1");
        assertThat(settles()).isTrue();
    }

    @Test
    void what_changes_between_the_reading_and_the_first_look_is_not_lost() throws IOException {
        Path file = Files.writeString(directory.resolve("a"), "1");
        var stamps = FileWatcher.stamps(List.of(file));
        Files.writeString(file, "12");
        watcher.watch(List.of(file), stamps);
        assertThat(settles()).isTrue();
    }

    private void watch(Path path) {
        watcher.watch(List.of(path), FileWatcher.stamps(List.of(path)));
    }

    private boolean settles() {
        return !watcher.changed() && watcher.changed();
    }
}
