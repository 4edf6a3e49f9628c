import Foundation

/// Directories for one run, removed after it with all that killed processes left in them.
struct ScratchDirectory: Sendable {
    /// For files.
    let directory: URL
    /// For memory that processes share; nil where there is no file system for it.
    private let sharedMemory: URL?

    init() throws {
        let name = "run-\(UUID().uuidString.prefix(8))"
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let memory = URL(fileURLWithPath: "/dev/shm")
        guard FileManager.default.isWritableFile(atPath: memory.path) else {
            sharedMemory = nil
            return
        }
        let shared = memory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: shared, withIntermediateDirectories: true)
        sharedMemory = shared
    }

    /// Makes Open MPI put its temporary files and the memory that ranks share here.
    var settingsOfOpenMPI: [String: String] {
        var settings = ["OMPI_MCA_orte_tmpdir_base": directory.path]
        if let sharedMemory {
            settings["OMPI_MCA_btl_vader_backing_directory"] = sharedMemory.path
            settings["OMPI_MCA_osc_sm_backing_directory"] = sharedMemory.path
        }
        return settings
    }

    /// Removes both. Again where a helper of Open MPI that outlives the program clears up at the same moment.
    func remove() {
        for directory in [directory, sharedMemory].compactMap(\.self) {
            var attempts = 0
            while attempts < 20, FileManager.default.fileExists(atPath: directory.path) {
                if attempts > 0 { usleep(20_000) }
                try? FileManager.default.removeItem(at: directory)
                attempts += 1
            }
        }
    }
}
