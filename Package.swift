// swift-tools-version: 6.1

import Glibc
import PackageDescription

/// The instruction set of the kernels. `FACET_MARCH=x86-64-v3` (or another name that clang knows) builds a binary for
/// a mixed cluster; the default is the machine that builds.
let instructionSet = getenv("FACET_MARCH").map { String(cString: $0) } ?? "native"
#if arch(arm64)
let instructionSetFlag = "-mcpu=\(instructionSet)"
#else
let instructionSetFlag = "-march=\(instructionSet)"
#endif

/// Only the kernels are built with unsafe flags, so that the `MPI` product stays usable as a dependency.
let kernelSettings: [SwiftSetting] = [.unsafeFlags(["-Ounchecked", "-Xcc", instructionSetFlag])]

/// The commit that is built, for `trainer --version`: `scripts/install` and `scripts/package` give it. Builds of a
/// developer do not have it, as it would change with every commit.
let commit = getenv("FACET_COMMIT").map { String(cString: $0).filter { $0.isHexDigit || $0 == "+" } } ?? ""

let package = Package(
    name: "Facet",
    products: [
        .library(name: "Benchmarking", targets: ["Benchmarking"]),
        .library(name: "KernelCore", targets: ["KernelCore"]),
        .library(name: "MPI", targets: ["MPI"]),
        .library(name: "Options", targets: ["Options"]),
        .library(name: "Recommenders", targets: ["Recommenders"]),
        .library(name: "Serving", targets: ["Serving"]),
        .library(name: "TrainerCommands", targets: ["TrainerCommands"]),
        .executable(name: "trainer", targets: ["trainer"]),
        // Loaded before the trainer to count allocations; linked into nothing.
        .library(name: "AllocationCount", type: .dynamic, targets: ["CAllocationCount"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", exact: "1.0.2"),
    ],
    targets: [
        .systemLibrary(
            name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CBuild", cSettings: [.define("FACET_COMMIT", to: "\"\(commit)\"")]),
        .target(name: "CVector"),
        .target(name: "CAllocationCount"),
        .target(name: "MPI", dependencies: ["COpenMPI"]),
        .target(name: "KernelCore", dependencies: ["CVector"], swiftSettings: kernelSettings),
        .target(name: "FileIO"),
        .target(name: "Reporting", dependencies: ["FileIO"]),
        .target(name: "Differentiation", dependencies: ["KernelCore"]),
        .target(name: "DistributedOptimizer", dependencies: ["Differentiation", "KernelCore", "MPI"]),
        .target(name: "Interactions", dependencies: ["CZlib", "CZstd", "FileIO", "KernelCore"]),
        .target(name: "EventLogs", dependencies: ["FileIO", "Interactions", "KernelCore", "Options", "Reporting"]),
        .target(name: "ModelFiles", dependencies: ["Differentiation", "FileIO", "Interactions"]),
        .target(name: "Options", dependencies: ["FileIO"]),
        .target(
            name: "Recommenders",
            dependencies: ["Differentiation", "FileIO", "Interactions", "KernelCore", "Options"]),
        .target(
            name: "Evaluation",
            dependencies: ["Differentiation", "Interactions", "KernelCore", "MPI", "Recommenders"]),
        .target(
            name: "Training",
            dependencies: [
                "CBuild", "Differentiation", "DistributedOptimizer", "Evaluation", "FileIO", "Interactions",
                "KernelCore",
                "ModelFiles", "MPI", "Options", "Recommenders", "Reporting",
            ]),
        .target(
            name: "Benchmarking",
            dependencies: [
                "Differentiation", "DistributedOptimizer", "Evaluation", "FileIO", "Interactions", "KernelCore",
                "ModelFiles", "MPI", "Recommenders", "Reporting", "Training",
            ]),
        .target(
            name: "Forecasting",
            dependencies: [
                "Differentiation", "DistributedOptimizer", "FileIO", "Interactions", "KernelCore", "MPI",
                "Recommenders", "Reporting", "Training",
            ]),
        .target(
            name: "Serving",
            dependencies: [
                "Differentiation", "FileIO", "Interactions", "KernelCore", "ModelFiles", "MPI", "Recommenders",
                "Reporting", "Training",
            ]),
        .target(
            name: "Experiments",
            dependencies: ["FileIO", "KernelCore", "Options", "Reporting", "Training"]),
        .target(
            name: "RunReports",
            dependencies: [
                "FileIO", "Options", "Reporting", "Training",
                .product(name: "Mustache", package: "swift-mustache"),
            ]),
        .target(
            name: "TrainerCommands",
            dependencies: [
                "Benchmarking", "Differentiation", "Evaluation", "EventLogs", "Experiments", "FileIO",
                "Forecasting", "Interactions", "KernelCore", "ModelFiles", "MPI", "Options", "Recommenders",
                "Reporting",
                "RunReports", "Serving", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "trainer", dependencies: ["TrainerCommands"]),

        .target(
            name: "ProcessSupport", dependencies: [.product(name: "Subprocess", package: "swift-subprocess")],
            path: "Tests/ProcessSupport"),
        .executableTarget(name: "mpi-program", dependencies: ["MPI"], path: "Tests/MPIProgram"),
        .testTarget(name: "MPITests", dependencies: ["MPI", "ProcessSupport", "mpi-program"]),
        .testTarget(name: "KernelCoreTests", dependencies: ["KernelCore"]),
        .testTarget(name: "DifferentiationTests", dependencies: ["Differentiation", "KernelCore"]),
        .testTarget(
            name: "DistributedOptimizerTests", dependencies: ["Differentiation", "DistributedOptimizer", "KernelCore"]),
        .target(name: "FileSupport", path: "Tests/FileSupport"),
        .testTarget(name: "FileIOTests", dependencies: ["FileIO", "FileSupport"]),
        .testTarget(name: "ReportingTests", dependencies: ["FileIO", "Reporting"]),
        .testTarget(
            name: "RunReportsTests",
            dependencies: ["FileIO", "ProcessSupport", "RunReports", "TrainerSupport", "Training", "trainer"]),
        .testTarget(name: "OptionsTests", dependencies: ["Options"]),
        .testTarget(
            name: "ModelFilesTests",
            dependencies: ["FileIO", "FileSupport", "HostileFiles", "KernelCore", "ModelFiles"]),
        .testTarget(
            name: "ForecastingTests",
            dependencies: [
                "Differentiation", "DistributedOptimizer", "FileIO", "FileSupport", "Forecasting", "KernelCore",
                "Recommenders", "Training",
            ]),
        .testTarget(name: "BenchmarkingTests", dependencies: ["Benchmarking", "KernelCore"]),
        .testTarget(name: "InteractionsTests", dependencies: ["Interactions", "KernelCore", "CZlib"]),
        .testTarget(
            name: "EventLogsTests",
            dependencies: ["CZlib", "CZstd", "EventLogs", "FileIO", "Interactions", "KernelCore", "Options"]),
        .testTarget(
            name: "RecommendersTests",
            dependencies: ["Differentiation", "FileIO", "Interactions", "KernelCore", "Options", "Recommenders"],
            exclude: ["EveryPosition.json", "InterestModels.json", "Mixture.json"]),
        .testTarget(
            name: "EvaluationTests",
            dependencies: ["Differentiation", "Evaluation", "Interactions", "KernelCore", "Recommenders"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Differentiation", "DistributedOptimizer", "Evaluation", "FileIO", "FileSupport", "HostileFiles",
                "Interactions", "KernelCore", "ModelFiles", "Options", "Recommenders", "Reporting", "Training",
            ],
            resources: [.copy("Golden/Cases")]),
        .testTarget(
            name: "ExperimentsTests",
            dependencies: [
                "Experiments", "FileIO", "FileSupport", "KernelCore", "Options", "ProcessSupport", "TrainerSupport",
                "Training", "trainer",
            ]),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "FileIO", "Interactions", "KernelCore", "ModelFiles", "ProcessSupport", "Recommenders", "Reporting",
                "Serving", "TrainerSupport", "Training", "trainer",
            ],
            exclude: ["compare_with_peers.py"]),
        .target(
            name: "HostileFiles",
            dependencies: [
                "CZlib", "CZstd", "Differentiation", "Evaluation", "EventLogs", "Experiments", "FileIO", "Interactions",
                "KernelCore", "ModelFiles", "Options", "Recommenders", "TrainerCommands", "Training",
            ],
            path: "Tests/HostileFiles"),
        .testTarget(name: "HostileFileTests", dependencies: ["HostileFiles"]),
        .target(
            name: "TrainerSupport", dependencies: ["FileIO", "ProcessSupport"], path: "Tests/TrainerSupport"),
        .testTarget(
            name: "MultiRankTests",
            dependencies: ["FileIO", "ProcessSupport", "Recommenders", "TrainerSupport", "Yams", "trainer"],
            exclude: ["KnownResults.json", "MPIJob.schema.json"]),
        .testTarget(
            name: "TrainerTests",
            dependencies: [
                "CZlib", "Differentiation", "FileIO", "Interactions", "KernelCore", "ModelFiles", "Options",
                "ProcessSupport", "Recommenders", "TrainerCommands", "TrainerSupport", "Training", "trainer",
            ],
            exclude: ["Documentation/release", "Documentation/stand-ins"]),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer brings the main function of this program, so that only scripts/fuzz can build it.
if getenv("FACET_FUZZING") != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz-readers", dependencies: ["HostileFiles"], path: "Tests/Fuzzing"))
}
