// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "outside",
    dependencies: [.package(name: "Facet", path: "../../..")],
    targets: [
        .executableTarget(
            name: "outside",
            dependencies: [
                .product(name: "Options", package: "Facet"), .product(name: "Recommenders", package: "Facet"),
                .product(name: "TrainerCommands", package: "Facet"),
            ])
    ]
)
