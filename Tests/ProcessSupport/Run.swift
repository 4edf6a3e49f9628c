import Foundation
import Subprocess

/// Runs a product of the build that this process belongs to, and waits for its end.
///
///     let result = try await run(product: "mpi-program", arguments: ["singleton"])
///     #expect(result.exitCode == 0, "\(result.standardError)")
///
/// The program is the leader of a process group of its own. When `timeout` is over, the group gets SIGTERM, two seconds
/// later SIGKILL.
///
/// - Parameters:
///   - environment: variables in addition to those of this process, or instead of them.
///   - workingDirectory: where the program runs; nil: where this process does.
///   - timeout: from the start of the program; waiting for a free core is not counted.
public func run(
    product: String, arguments: [String] = [], environment: [String: String] = [:], workingDirectory: String? = nil,
    timeout: Duration = .seconds(60)
) async throws -> ProgramResult {
    let program = try path(ofProduct: product)
    return try await LaunchGate.shared.withSlots(for: 1) {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        return try await launch(
            .path(.init(program)), arguments, scratch.settingsOfOpenMPI.merging(environment) { $1 }, workingDirectory,
            timeout, scratch)
    }
}

/// Runs a product of the build that this process belongs to under `mpirun`, with settings under which any number of
/// ranks runs on any machine, as any user, also in a container.
///
/// Parameters as in ``run(product:arguments:environment:workingDirectory:timeout:)``. A program that aborts ends at once, not after
/// Open MPI's usual grace of three seconds.
public func mpirun(
    ranks: Int, product: String, arguments: [String] = [], environment: [String: String] = [:],
    workingDirectory: String? = nil, timeout: Duration = .seconds(60)
) async throws -> ProgramResult {
    let program = try path(ofProduct: product)
    return try await LaunchGate.shared.withSlots(for: ranks) {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let settings = everywhere.merging(scratch.settingsOfOpenMPI) { $1 }
        return try await launch(
            .name("mpirun"), ["-n", "\(ranks)", "--oversubscribe", program] + arguments,
            settings.merging(environment) { $1 }, workingDirectory, timeout, scratch)
    }
}

/// Runs a script that starts `ranks` ranks under `mpirun` by itself, with the settings of
/// ``mpirun(ranks:product:arguments:environment:workingDirectory:timeout:)``.
public func run(
    script: String, ranks: Int, arguments: [String], timeout: Duration = .seconds(60)
) async throws -> ProgramResult {
    try await LaunchGate.shared.withSlots(for: ranks) {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let settings = everywhere.merging(scratch.settingsOfOpenMPI) { $1 }
        return try await launch(.path(.init(script)), arguments, settings, nil, timeout, scratch)
    }
}

/// Settings under which any number of ranks runs on any machine.
private let everywhere = [
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    "OMPI_MCA_odls_base_sigkill_timeout": "0",
]

/// The path of an executable product in the directory that this test program lies in; a whole path is one already.
public func path(ofProduct product: String) throws(LaunchError) -> String {
    if product.hasPrefix("/") { return product }
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let candidate = own.deletingLastPathComponent().appendingPathComponent(product).path
    guard FileManager.default.isExecutableFile(atPath: candidate) else {
        throw LaunchError(
            description: """
                \(candidate): no such program
                name the product as a dependency of the test target, so that it is built before
                """)
    }
    return candidate
}

/// Output goes to files, not to pipes: a process that survives its parent would hold a pipe open, and with it the test.
private func launch(
    _ executable: Executable, _ arguments: [String], _ environment: [String: String],
    _ workingDirectory: String?, _ timeout: Duration, _ scratch: ScratchDirectory
) async throws -> ProgramResult {
    let output = scratch.directory.appendingPathComponent("output")
    let error = scratch.directory.appendingPathComponent("error")

    var options = PlatformOptions()
    options.processGroupID = 0
    let variables = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
    let started = try await Subprocess.run(
        executable, arguments: Arguments(arguments),
        environment: .inherit.updating(Dictionary(uniqueKeysWithValues: variables)),
        workingDirectory: workingDirectory.map { .init($0) }, platformOptions: options, input: .none,
        output: .fileDescriptor(.init(rawValue: try create(output)), closeAfterSpawningProcess: true),
        error: .fileDescriptor(.init(rawValue: try create(error)), closeAfterSpawningProcess: true)
    ) { execution in
        let group = execution.processIdentifier.value
        return Task { await endGroup(group, after: timeout) }
    }
    started.closureResult.cancel()
    let timedOut = await started.closureResult.value
    let exitCode: Int32 =
        switch started.terminationStatus {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    return ProgramResult(
        exitCode: exitCode,
        standardOutput: String(decoding: try Data(contentsOf: output), as: UTF8.self),
        standardError: String(decoding: try Data(contentsOf: error), as: UTF8.self),
        timedOut: timedOut)
}

private func create(_ file: URL) throws(LaunchError) -> CInt {
    let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw LaunchError(description: "\(file.path): \(String(cString: strerror(errno)))") }
    return descriptor
}

/// Ends a process group when `timeout` is over, and says whether it was. Cancelled when the program has ended before.
private func endGroup(_ group: pid_t, after timeout: Duration) async -> Bool {
    do { try await Task.sleep(for: timeout) } catch { return false }
    kill(-group, SIGTERM)
    do { try await Task.sleep(for: .seconds(2)) } catch {}
    kill(-group, SIGKILL)
    return true
}
