import Foundation
import ProcessSupport
import TrainerSupport

/// A copy of what a reader of the documentation has before them, with small data sets under the names of the pages.
struct DocumentationStage {
    /// What takes the place of a program in a block, and why that is not run itself. Each looks at what it is given.
    static let standIns = [
        "jq": "not everywhere",
        "kubectl": "needs a cluster with Kubernetes",
        "mpirun": "the hosts of hosts.example are nobody's; everything else is given to mpirun itself",
        "one-rank": "the ranks of a cluster are more than a machine for tests can have",
        "pip": "downloads",
        "podman": "needs an engine and a registry",
        "python": "needs PyTorch",
        "python3": "needs PyTorch",
        "sbatch": "needs Slurm; the batch script itself is run",
        "script": "scripts that build, test or measure for minutes, or install",
        "sleep": "what is waited for takes two steps here",
        "squeue": "needs Slurm",
        "srun": "needs Slurm",
        "swift": "a build takes minutes",
    ]

    /// The scripts that the stand-in `script` takes the place of.
    private static let longScripts = [
        "bench", "forecast-check", "fuzz", "growth", "install", "package", "quickstart", "reproduce", "scaling",
        "setup", "test",
    ]

    /// Programs without which a block has no sense, so that it is only parsed.
    static let notRun = [
        "cluster/forecast/simulate": "needs SimGrid, which few have; it was tried by hand",
        "cluster/slurm/lab": "starts Slurm's own daemons, as root; it was tried by hand, see ClusterNotes",
        ".build/release/hello": "the reader's own program; its lines are run by DocumentationChecks of mpi-program",
        "Sources/Examples/MPIPrograms/.build/release/pi": "ExampleTests builds and runs it",
        ".build/release/outside": "the reader's own program; OutsideModelTests builds and trains it",
    ]

    private static let here = DocumentationPage.root + "/Tests/TrainerTests/Documentation"
    private let workspace: Workspace

    /// - Parameter page: the page whose commands are to be run; it gets the files that it names.
    init(for page: DocumentationPage) async throws {
        workspace = try Workspace()
        let files = FileManager.default
        for folder in ["cluster", "scripts"] { try workspace.copy(DocumentationPage.root + "/" + folder, as: folder) }
        for script in Self.longScripts {
            try files.removeItem(atPath: workspace("scripts/" + script))
            try files.createSymbolicLink(
                atPath: workspace("scripts/" + script), withDestinationPath: Self.here + "/stand-ins/script")
        }
        try files.createDirectory(atPath: workspace(".build"), withIntermediateDirectories: true)
        try workspace.copy(Self.here + "/release", as: ".build/release")
        if let library = try? path(ofProduct: "libAllocationCount.so") {
            try files.createSymbolicLink(
                atPath: workspace(".build/release/libAllocationCount.so"), withDestinationPath: library)
        }
        // Two cores, whatever there are: what the pages print must run on any machine.
        try workspace.write("slots", "localhost slots=2\n")
        try workspace.copy(DocumentationPage.root + "/cluster/hosts/hosts.example", as: "hosts")
        let text = page.blocks.map(\.text).joined(separator: "\n")
        let prepared = try await Self.prepared.value
        try workspace.copy(prepared("data"), as: "data")
        for name in ["DATA", "DIR", "shared/data"] {
            try files.createDirectory(atPath: workspace("shared"), withIntermediateDirectories: true)
            try files.createSymbolicLink(atPath: workspace(name), withDestinationPath: workspace("data"))
        }
        try workspace.write("space.yaml", Self.space)
        try workspace.write("comparison.yaml", Self.comparison)
        // Files of events for `trainer data`.
        try workspace.write("events.csv", Self.events)
        try workspace.write("ratings.dat", Self.ratings)
        // Recognized by its content, whatever its name.
        try workspace.write("events.csv.gz", Self.events)
        for name in ["RUN", "PRETRAINED", "FILE.safetensors", "BAM.safetensors"]
        where text.contains(name) && !text.contains("--out " + name) {
            try workspace.copy(prepared(name), as: name)
        }
    }

    /// Files for `trainer search` and `trainer compare`.
    private static let space = """
        method: halving
        epochs: {first: 1, most: 2}
        fixed: {model: ComiRec, dataset: NAME}
        search: {lr: [1e-3, 1e-2]}
        """
    private static let comparison = """
        seeds: [0, 1]
        datasets: [NAME]
        fixed: {epochs: 1}
        models: {POP: {}, ComiRec: {}}
        """

    /// The log of a shop: 40 customers with 12 events each.
    private static let events =
        "customer,sku,timestamp,event_type\n"
        + (0..<480).map { event in
            let (customer, index) = (event / 12, event % 12)
            let kind = index % 4 == 3 ? "purchase" : "view"
            return
                "c-\(customer),sku/\((customer * 7 + index * index) % 25),2024-01-\(10 + index)T12:00:\(10 + customer)Z,\(kind)\n"
        }.joined()

    /// Ratings in the form of MovieLens, of 30 users.
    private static let ratings = (0..<300).map { event in
        let (user, index) = (event / 10, event % 10)
        return "\(user + 1)::\((user + index) % 15 + 1)::\(3 + index % 3)::\(978_300_000 + event)\n"
    }.joined()

    /// Data sets and runs under the names that the pages have for them, made once.
    private static let prepared = Task {
        let workspace = try Workspace.untilExit()
        func trainer(_ arguments: String...) async throws {
            try await Launch.alone.successfulTrainer(arguments, workingDirectory: workspace.path)
        }
        try await trainer(
            "data", "generate", "--out", "data/NAME", "--users", "60", "--items", "120", "--clusters", "8",
            "--negatives",
            "60", "--mean-interactions", "10")
        for name in ["games", "books", "synthetic", "ml-1m", "Grocery_and_Gourmet_Food"] {
            try workspace.copy(workspace("data/NAME"), as: "data/" + name)
        }
        for name in ["ml-1m-bam", "video-games"] {
            try SmallTables().writePairs(to: workspace, "data/\(name)/pairs.txt")
        }
        try await trainer(
            "train", "--quiet", "--model", "ComiRec", "--dataset", "NAME", "--max-steps", "1", "--out", "RUN")
        try workspace.copy(workspace("RUN/model/model.safetensors"), as: "FILE.safetensors")
        try await trainer(
            "train", "--quiet", "--model", "TiMiRec", "--stage", "pretrain", "--interests", "6", "--dataset",
            "Grocery_and_Gourmet_Food", "--max-steps", "1", "--out", "PRETRAINED")
        try await trainer(
            "train", "--quiet", "--model", "BaM-ComiRec", "--interests", "4", "--history-max", "200", "--dataset",
            "ml-1m-bam", "--max-steps", "1", "--out", "bam")
        for name in ["BAM", "data/ml-1m-bam/comirec-sa-bam-p", "data/ml-1m-bam/comirec-sa-bam-l"] {
            try workspace.copy(workspace("bam/model/model.safetensors"), as: name + ".safetensors")
        }
        return workspace
    }

    /// Runs a script in the copy, with the stand-ins before the programs of the machine.
    func run(_ script: String) async throws -> ProgramResult {
        let inherited = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let mpirun = inherited.split(separator: ":").map { $0 + "/mpirun" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        return try await ProcessSupport.run(
            product: "/bin/bash",
            arguments: ["-c", "set -e -o pipefail\n" + script.replacing("/shared/", with: "shared/")],
            environment: [
                "PATH": Self.here + "/stand-ins:" + inherited, "FACET_SOURCES": DocumentationPage.root,
                "FACET_TRAINER": try path(ofProduct: "trainer"), "FACET_MPIRUN": mpirun ?? "mpirun",
                "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                "OMPI_MCA_rmaps_base_oversubscribe": "0", "OMPI_MCA_orte_default_hostfile": workspace("slots"),
                "OMPI_MCA_hwloc_base_binding_policy": "none", "OMPI_MCA_mpi_yield_when_idle": "1",
                "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMPI_MCA_odls_base_sigkill_timeout": "0",
            ], workingDirectory: workspace.path, timeout: .seconds(300))
    }

    /// Whether `cluster/hosts/lab` can make hosts on this machine.
    static let hasLab = Task {
        try await ProcessSupport.run(product: DocumentationPage.root + "/cluster/hosts/lab", arguments: ["check"])
            .exitCode
            == 0
    }
}
