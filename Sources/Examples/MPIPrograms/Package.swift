// swift-tools-version: 6.1
import PackageDescription

let mpi: Target.Dependency = .product(name: "MPI", package: "Facet")

let package = Package(
    name: "mpi-programs",
    dependencies: [.package(name: "Facet", path: "../../..")],
    targets: [
        .executableTarget(name: "pi", dependencies: [mpi]),
        .executableTarget(name: "ring", dependencies: [mpi]),
        .executableTarget(name: "average", dependencies: [mpi]),
    ]
)
