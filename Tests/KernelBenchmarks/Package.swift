// swift-tools-version: 6.1
import PackageDescription

// Apart from the package itself, so that neither its users nor its tests build the benchmark library:
//
//     swift package --package-path Tests/KernelBenchmarks benchmark
let package = Package(
    name: "KernelBenchmarks",
    dependencies: [
        .package(name: "Facet", path: "../.."),
        // Without its traits, which replace malloc: the kernels allocate nothing.
        .package(url: "https://github.com/ordo-one/benchmark.git", from: "1.38.0", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "Kernels",
            dependencies: [
                .product(name: "KernelCore", package: "Facet"), .product(name: "Benchmarking", package: "Facet"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/Kernels",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ]
)
