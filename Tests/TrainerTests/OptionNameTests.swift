import Options
import Recommenders
import Testing
import TrainerCommands
import TrainerSupport

/// An option of a model is told apart from those of the trainer.
@Suite struct OptionNameTests {
    private func entry(option name: String, aliases: [String] = [], line: UInt = #line) -> RecommenderEntry {
        let option = ModelOption(name, default: 1, OptionTraits(aliases: aliases), help: "")
        return RecommenderEntry(name: "Another", summary: "", options: [option], line: line) { Popularity($0, in: $1) }
    }

    @Test func `a name or alias of an option of the trainer is refused with the line of the entry`() throws {
        let seed = entry(option: "seed")
        let error = try #require(OptionNames.error(in: [seed]))
        #expect(error.problem == "the trainer has an option seed of its own")
        #expect(error.recoverySuggestion == "choose another name for that option of Another")
        #expect(error.file == #fileID && error.line == #line - 4)
        for name in ["lr", "learning-rate", "batch_size", "importance", "resume"] {
            #expect(OptionNames.error(in: [entry(option: name)]) != nil, "\(name)")
        }
        #expect(OptionNames.error(in: [entry(option: "rate", aliases: ["learning-rate"])]) != nil)
        #expect(OptionNames.error(in: [entry(option: "rate", aliases: ["a-rate"])]) == nil)
        #expect(OptionNames.error(in: RecommenderCatalogue.entries) == nil)
    }

    @Test(arguments: ["train", "evaluate", "benchmark", "forecast"])
    func `every option of a command is the name of a model's option or refused as one`(command: String) async throws {
        let help = try await Launch.alone.successfulTrainer([command, "--help-hidden"]).standardOutput
        let names = help.split(separator: "\n").compactMap {
            $0.prefixMatch(of: #/  (?:-\w, )?--([a-z0-9-]+)/#).map { String($0.1) }
        }
        let ofModels = Set(RecommenderCatalogue.options.map(\.declaration.name))
        #expect(names.count > ofModels.count)
        for name in names where !ofModels.contains(name) {
            #expect(OptionNames.error(in: [entry(option: name)]) != nil, "\(name)")
        }
    }
}
