import Differentiation
import Recommenders

extension TrainingConfiguration {
    /// What the model has for an objective in the configuration's stage.
    func objectiveSupport(of entry: RecommenderEntry) -> ObjectiveSupport {
        // The sizes of the data set do not matter to this.
        entry.model(
            ModelContext(options, stage: stage, userCount: 1, itemCount: 1), in: ParameterLayout().root
        ).objectiveSupport
    }

    /// Refuses what none of the stages has a use for.
    func checkObjective(of entry: RecommenderEntry, in stages: [TrainingStage?]) throws(TrainingError) {
        var support: ObjectiveSupport = []
        for stage in stages {
            var own = self
            own.stage = stage
            support.formUnion(own.objectiveSupport(of: entry))
        }
        let name = ([entry.name] + (stages.count == 1 ? stages.compactMap { $0?.rawValue } : [])).joined(separator: " ")
        try require(
            objective.selection == .hard || support.contains(.selection)
                ? nil
                : "--selection \(objective.selection.rawValue): \(name) does not choose between interests in training",
            "leave it out; models with one vector, TiMiRec's finetune and MIND with a finite --p make no choice")
        try require(
            entry.isTrained || objective == ObjectiveOptions()
                ? nil : "\(name) has no training, and no objective of it",
            "leave --loss and --selection out")
    }
}

extension ObjectiveOptions {
    /// Refuses what is out of range or has no meaning beside the other options, naming the option.
    func validate() throws(TrainingError) {
        try require(
            selectionTemperature > 0 && selectionTemperature.isFinite
                ? nil : "--selection-temperature is \(selectionTemperature), it must be above 0", "1 is usual")
        try require(
            selectionTemperature == 1 || selection != .hard
                ? nil : "--selection-temperature is for other rules than --selection hard",
            "leave it out, or choose soft, soft-linear or expected")
    }
}
