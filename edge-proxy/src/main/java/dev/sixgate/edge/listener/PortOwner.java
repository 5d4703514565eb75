package dev.sixgate.edge.listener;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who has a TCP or UDP port of this machine, as far as {@code /proc} tells this user. */
public final class PortOwner {
    public static final String TCP = "tcp";
    public static final String UDP = "udp";

    private static final String LISTEN = "0A";

    private final Path proc;

    public PortOwner() {
        this(Path.of("/proc"));
    }

    PortOwner(Path proc) {
        this.proc = proc;
    }

    /** Such as {@code nginx (pid 42)}, {@code a process of user id 33}, or {@code another process}. */
    public String describe(String protocol, int port) {
        Map<String, String> users = inodes(protocol, port);
        String process = processOf(users);
        if (process != null) return process;
        return users.isEmpty()
                ? "another process"
                : "a process of user id " + users.values().iterator().next();
    }

    /** Socket inode to user id of each socket that has the port. */
    private Map<String, String> inodes(String protocol, int port) {
        String suffix = String.format(Locale.ROOT, ":%04X", port);
        Map<String, String> found = new HashMap<>();
        for (String table : List.of("net/" + protocol, "net/" + protocol + "6")) {
            try {
                for (String line : Files.readAllLines(proc.resolve(table))) {
                    // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
                    String[] columns = line.strip().split("\\s+");
                    if (columns.length > 9
                            && columns[1].endsWith(suffix)
                            && (protocol.equals(UDP) || columns[3].equals(LISTEN))) found.put(columns[9], columns[7]);
                }
            } catch (IOException e) {
                // Another system, or a hardened one: then nothing is known.
            }
        }
        return found;
    }

    private @Nullable String processOf(Map<String, String> inodes) {
        if (inodes.isEmpty()) return null;
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                if (!holds(process, inodes)) continue;
                long pid = Long.parseLong(process.getFileName().toString());
                if (pid == ProcessHandle.current().pid()) return "this process itself (pid " + pid + ")";
                return name(process) + " (pid " + pid + ")";
            }
        } catch (IOException | NumberFormatException e) {
            // As above.
        }
        return null;
    }

    private static boolean holds(Path process, Map<String, String> inodes) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                String target = Files.readSymbolicLink(descriptor).toString();
                if (target.startsWith("socket:[") && inodes.containsKey(target.substring(8, target.length() - 1)))
                    return true;
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // Not ours to see, or gone meanwhile.
        }
        return false;
    }

    private static String name(Path process) {
        try {
            String command = Files.readString(process.resolve("comm")).strip();
            // A sixgate is a JVM to the kernel; its command line tells.
            if (Files.readString(process.resolve("cmdline")).contains("sixgate") && !command.contains("sixgate"))
                return "sixgate";
            return command;
        } catch (IOException e) {
            return "a process";
        }
    }
}
