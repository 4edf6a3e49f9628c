import TrainerSupport

/// A synthetic data set that is trained on in a moment, made once by the program itself.
enum SmallData {
    static let name = "small"

    /// The folder that holds the data set.
    static func root() async throws -> String { try await generation.value.path }

    /// Makes a data set of the same size, which is the same for the same seed.
    static func generate(into folder: String, seed: Int) async throws {
        try await Launch.alone.successfulTrainer([
            "data", "generate", "--out", folder, "--users", "90", "--items", "60", "--mean-interactions", "8",
            "--clusters", "6", "--max-interests", "3", "--negatives", "20", "--seed", "\(seed)",
        ])
    }

    private static let generation = Task {
        let workspace = try Workspace.untilExit()
        try await generate(into: workspace(name), seed: 3)
        return workspace
    }
}
