// swift-tools-version: 6.1
import PackageDescription

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

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
    products: [],
    dependencies: [],
    targets: [
        .target(name: "CVector"),
        .target(name: "KernelCore", dependencies: ["CVector"], swiftSettings: kernelSettings),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Interactions", dependencies: ["KernelCore", "CZlib"]),
        .testTarget(name: "KernelCoreTests", dependencies: ["KernelCore"]),
        .testTarget(name: "InteractionsTests", dependencies: ["Interactions", "CZlib"]),
    ],
    swiftLanguageModes: [.v6]
)
