import FileIO
import FileSupport
import Foundation
import Testing

@Suite struct AtomicFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func text(_ name: String) throws -> String { String(decoding: try folder.read(name), as: UTF8.self) }

    @Test func `a committed file has its content and nothing else is left`() throws {
        let file = try AtomicFile(replacing: folder.file("a.json"))
        try file.write("one ")
        try file.write("two")
        #expect(folder.content.count == 1 && folder.content != ["a.json"], "the name appears at the commit only")
        try file.commit()
        #expect(folder.content == ["a.json"])
        #expect(try text("a.json") == "one two")
    }

    @Test func `a file that is given up leaves the old one untouched`() throws {
        try AtomicFile.write("old", to: folder.file("a"))
        do {
            let file = try AtomicFile(replacing: folder.file("a"))
            try file.write("new")
        }
        #expect(folder.content == ["a"])
        #expect(try text("a") == "old")
    }

    @Test func `an existing file is replaced`() throws {
        try AtomicFile.write("a long old text", to: folder.file("a"))
        try AtomicFile.write("new", to: folder.file("a"))
        #expect(try text("a") == "new")
    }

    @Test func `a folder that does not exist is named with what to do`() throws {
        let path = folder.file("missing/a")
        let error = #expect(throws: FileError.self) { try AtomicFile.write("x", to: path) }
        #expect(
            error?.description == """
                \(path): cannot be created: No such file or directory
                check the path: the file or the folder that it names does not exist
                """)
    }

    @Test func `a commit that fails leaves nothing behind`() throws {
        let path = folder.file("a")
        let error = #expect(throws: FileError.self) {
            let file = try AtomicFile(replacing: path)
            try file.write("x")
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            try file.commit()
        }
        #expect(error?.operation == .replace)
        #expect(folder.content == ["a"])
    }

    /// In a process of its own, since a limit on the size of files holds for all of a process.
    @Test func `a disk that takes no more leaves the old file and nothing else`() async throws {
        try AtomicFile.write("old", to: folder.file("a"))
        let path = folder.file("a")
        await #expect(processExitsWith: .success) { [path = path as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 1000, rlim_max: 1 << 40)
            #if os(Linux)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            #else
            setrlimit(RLIMIT_FSIZE, &limit)
            #endif
            let error = #expect(throws: FileError.self) {
                try AtomicFile.write(String(repeating: "new ", count: 1000), to: path)
            }
            #expect(error?.code == EFBIG)
            exit(error?.code == EFBIG ? 0 : 1)
        }
        #expect(folder.content == ["a"])
        #expect(try text("a") == "old")
    }

    @Test func `what is not a regular file is not replaced`() throws {
        #expect(throws: FileError.self) { try AtomicFile.write("x", to: "/dev/null") }
        #expect(throws: FileError.self) { try AtomicFile.write("x", to: folder.path) }
        #expect(folder.content.isEmpty)
    }

    @Test func `a symbolic link stays and its target is replaced`() throws {
        try AtomicFile.write("old", to: folder.file("target"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: folder.file("target"))
        try AtomicFile.write("new", to: folder.file("link"))
        #expect(try text("target") == "new")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link")) == folder.file("target"))
    }

    @Test func `two writers of one name do not disturb each other`() throws {
        let first = try AtomicFile(replacing: folder.file("a"))
        let second = try AtomicFile(replacing: folder.file("a"))
        try first.write("first")
        try second.write("second")
        try first.commit()
        #expect(try text("a") == "first")
        try second.commit()
        #expect(try text("a") == "second")
        #expect(folder.content == ["a"])
    }

    @Test func `what a killed process left is cleared away on request`() async throws {
        try AtomicFile.write("old", to: folder.file("a"))
        try AtomicFile.write("hidden", to: folder.file(".b"))
        let path = folder.file("a")
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let file = try AtomicFile(replacing: path)
            try file.write("half")
            kill(getpid(), SIGKILL)
            try file.commit()
        }
        #expect(folder.content.count == 3)
        #expect(try text("a") == "old")
        AtomicFile.removeLeftovers(in: folder.path)
        #expect(folder.content == [".b", "a"])
    }

    @Test func `the permissions follow the process and not the temporary file`() throws {
        try AtomicFile.write("x", to: folder.file("a"))
        try folder.write([1], to: "b")
        let ours = try FileManager.default.attributesOfItem(atPath: folder.file("a"))[.posixPermissions] as? Int
        let plain = try FileManager.default.attributesOfItem(atPath: folder.file("b"))[.posixPermissions] as? Int
        #expect(ours == plain)
    }
}
