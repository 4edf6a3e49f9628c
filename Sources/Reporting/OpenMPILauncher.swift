import FileIO
import Glibc

/// The process of Open MPI that started this rank: `mpirun`, or its daemon on another host.
///
/// A rank has no terminal of its own: its standard error is a pipe, whose bytes `mpirun` hands on as they come. Where
/// what `mpirun` writes to is a terminal, a status line that is sent through the pipe is drawn there.
package struct OpenMPILauncher: Sendable {
    /// The number of the process.
    package let identifier: pid_t
    private let arguments: [String]

    /// The parent of this process, where it is one.
    package static let current = OpenMPILauncher()

    private init?() {
        let parent = getppid()
        guard TerminalOutput.variable("OMPI_COMM_WORLD_RANK") != nil, let name = Self.contents(parent, "comm").first,
            Self.names.contains(where: name.hasPrefix)
        else { return nil }
        identifier = parent
        arguments = Self.contents(parent, "cmdline")
    }

    /// The terminal that this process's standard error reaches through the launcher; nil where it is none, as on another
    /// host, or where the launcher writes something before each line.
    ///
    /// - Returns: an open file descriptor, the caller's.
    package func openTerminal(environment: (String) -> String?) -> Int32? {
        let isMarked = Self.marks.contains { mark in
            environment("OMPI_MCA_" + mark.parameter) != nil
                || arguments.contains { $0 == mark.parameter || $0.drop { $0 == "-" } == mark.option }
        }
        guard !isMarked, Self.isPipe(STDERR_FILENO) else { return nil }
        // Without O_NONBLOCK the opening of a pipe that nobody reads would wait, with O_NOCTTY it is not taken over.
        let descriptor = open("/proc/\(identifier)/fd/2", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        guard isatty(descriptor) == 1 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static let names = ["mpirun", "mpiexec", "orterun", "orted", "prterun", "prted", "prte"]

    /// What makes `mpirun` alter or move the output of its ranks.
    private static let marks: [(option: String, parameter: String)] = [
        ("tag-output", "orte_tag_output"), ("timestamp-output", "orte_timestamp_output"),
        ("output-filename", "orte_output_filename"), ("xml", "orte_xml_output"), ("xml-file", "orte_xml_file"),
        ("merge-stderr-to-stdout", "orte_merge_stderr_stdout"),
    ]

    private static func isPipe(_ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    }

    /// The parts of a file in `/proc`, which end with a zero or a line feed.
    private static func contents(_ process: pid_t, _ name: String) -> [String] {
        guard let file = try? OpenFile(path: "/proc/\(process)/\(name)", access: .read),
            let bytes = try? file.bytes(at: 0, count: 1 << 16)
        else { return [] }
        return bytes.split { $0 == 0 || $0 == 0x0A }.map { String(decoding: $0, as: UTF8.self) }
    }
}
