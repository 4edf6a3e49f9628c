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

let package = Package(
    name: "Facet",
    products: [
        .library(name: "KernelCore", targets: ["KernelCore"]),
        .library(name: "MPI", targets: ["MPI"]),
        .library(name: "Options", targets: ["Options"]),
        .library(name: "Recommenders", targets: ["Recommenders"]),
        .library(name: "TrainerCommands", targets: ["TrainerCommands"]),
        .executable(name: "trainer", targets: ["trainer"]),
        // Loaded before the trainer to count allocations; linked into nothing.
        .library(name: "AllocationCount", type: .dynamic, targets: ["CAllocationCount"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", exact: "1.0.2"),
    ],
    targets: [
        .systemLibrary(
            name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CVector"),
        .target(name: "CAllocationCount"),
        .target(name: "MPI", dependencies: ["COpenMPI"]),
        .target(name: "KernelCore", dependencies: ["COpenBLAS", "CVector"], swiftSettings: kernelSettings),
        .target(name: "Reporting"),
        .target(name: "Differentiation", dependencies: ["KernelCore"]),
        .target(name: "Interactions", dependencies: ["KernelCore", "CZlib", "CZstd", "Reporting"]),
        .target(name: "EventLogs", dependencies: ["Interactions", "KernelCore", "Options", "Reporting"]),
        .target(name: "Options", dependencies: ["Reporting"]),
        .target(
            name: "Recommenders",
            dependencies: ["Differentiation", "Interactions", "KernelCore", "Options", "Reporting"]),
        .target(
            name: "Evaluation",
            dependencies: ["Differentiation", "Interactions", "KernelCore", "MPI", "Recommenders"]),
        .target(
            name: "Training",
            dependencies: [
                "Differentiation", "Evaluation", "Interactions", "KernelCore", "MPI", "Options", "Recommenders",
                "Reporting",
            ]),
        .target(
            name: "TrainerCommands",
            dependencies: [
                "Differentiation", "Evaluation", "EventLogs", "Interactions", "KernelCore", "MPI", "Options",
                "Recommenders", "Reporting", "Training",
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
        .testTarget(name: "ReportingTests", dependencies: ["Reporting"]),
        .testTarget(name: "OptionsTests", dependencies: ["Options"]),
        .testTarget(name: "InteractionsTests", dependencies: ["Interactions", "KernelCore", "CZlib"]),
        .testTarget(
            name: "EventLogsTests", dependencies: ["CZlib", "CZstd", "EventLogs", "Interactions", "KernelCore"]),
        .testTarget(
            name: "RecommendersTests",
            dependencies: ["Differentiation", "Interactions", "KernelCore", "Options", "Recommenders"]),
        .testTarget(
            name: "EvaluationTests",
            dependencies: ["Differentiation", "Evaluation", "Interactions", "KernelCore", "Recommenders"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Differentiation", "Evaluation", "HostileFiles", "Interactions", "KernelCore", "Options",
                "Recommenders", "Reporting", "Training",
            ],
            resources: [.copy("Golden/Cases")]),
        .target(
            name: "HostileFiles",
            dependencies: [
                "CZlib", "Differentiation", "Evaluation", "EventLogs", "Interactions", "KernelCore", "Options",
                "Recommenders", "Reporting", "TrainerCommands", "Training",
            ],
            path: "Tests/HostileFiles"),
        .testTarget(name: "HostileFileTests", dependencies: ["HostileFiles"]),
        .target(
            name: "TrainerSupport", dependencies: ["ProcessSupport", "Reporting"], path: "Tests/TrainerSupport"),
        .testTarget(
            name: "MultiRankTests",
            dependencies: ["ProcessSupport", "Recommenders", "Reporting", "TrainerSupport", "Yams", "trainer"],
            exclude: ["KnownResults.json", "MPIJob.schema.json"]),
        .testTarget(
            name: "TrainerTests",
            dependencies: [
                "CZlib", "Differentiation", "Interactions", "KernelCore", "Options", "ProcessSupport", "Recommenders",
                "Reporting", "TrainerSupport", "Training", "trainer",
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
