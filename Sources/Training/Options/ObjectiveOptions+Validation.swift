import Recommenders

extension TrainingConfiguration {
    /// Whether the model ranks with several vectors for each user, which `--measures interests` compares: one whose
    /// training selects among them.
    func ranksByInterests(_ entry: RecommenderEntry) -> Bool {
        options.interests > 1 && entry.objectiveSupport(options, stage).contains(.selection)
    }

    /// Refuses what none of the stages has a use for.
    func checkObjective(of entry: RecommenderEntry, in stages: [TrainingStage?]) throws(TrainingError) {
        let support = stages.reduce(into: ObjectiveSupport()) {
            $0.formUnion(entry.objectiveSupport(options, $1))
        }
        let supportsEveryPosition = stages.allSatisfy { entry.objectiveSupport(options, $0).contains(.everyPosition) }
        let name = ([entry.name] + (stages.count == 1 ? stages.compactMap { $0?.rawValue } : [])).joined(separator: " ")
        let hasCausalForm = entry.option(called: MultiInterestExtractor.causalTransformer.declaration.name) != nil
        try require(
            targets == .last || supportsEveryPosition
                ? nil : "--targets all: \(name) does not have vectors for every position in one pass",
            hasCausalForm
                ? "train --stage pretrain with --causal-trm 1 or --add-trm 0, or leave it out"
                : "leave it out, or choose one of "
                    + RecommenderCatalogue.entries.filter { $0.objectiveSupport(options, nil).contains(.everyPosition) }
                    .map(\.name).joined(separator: ", "))
        try require(
            objective.selection == .hard || support.contains(.selection)
                ? nil
                : "--selection \(objective.selection.rawValue): \(name) does not choose between interests in training",
            "leave it out; models with one vector, TiMiRec's finetune and MIND with a finite --p make no choice")
        let ofInterests =
            objective.hasMultiInterestLoss
            ? "--multi-interest-loss" : objective.dissimilarity > 0 ? "--dissimilarity" : nil
        if let ofInterests {
            try require(
                support.contains(.interests) ? nil : "\(ofInterests): \(name) does not have several interests",
                "leave it out, or choose a model with several")
        }
        try require(
            objective.score == .mixture && objective.loss != .sampledSoftmax
                ? "--score mixture is for --loss sampled-softmax, not \(objective.loss.rawValue)" : nil,
            "choose that loss, or --score product or cosine")
        try require(
            objective.score == .mixture && !objective.sharesNegatives
                ? "--score mixture compares with negatives that samples share" : nil,
            "leave --shared-negatives out, or choose --score product")
        try require(
            objective.score == .mixture && !support.isDisjoint(with: [.selection, .interests])
                ? "--score mixture: \(name) has several interests, and the mixture is for one vector a user" : nil,
            "leave it out, or choose a model with one vector, such as eSASRec")
        try require(
            objective.routingRegularization == 0 || support.contains(.attention)
                ? nil : "--routing-regularization: \(name) has no attention that a gradient could change",
            "leave it out, or choose a model with self-attentive interests, such as ComiRec")
    }
}

extension ObjectiveOptions {
    /// Refuses what has no meaning beside the other options, naming the option.
    func validate(negatives: Int) throws(TrainingError) {
        try require(
            selectionTemperature == 1 || selection != .hard
                ? nil : "--selection-temperature is for other rules than --selection hard",
            "leave it out, or choose soft, soft-linear or expected")
        try require(
            dissimilarityMargin == 0 || dissimilarity > 0
                ? nil : "--dissimilarity-margin is for --dissimilarity",
            "give --dissimilarity a weight, or leave it out")
        let standard = ObjectiveOptions()
        try require(
            scoreTemperature == standard.scoreTemperature || score != .product
                ? nil : "--score-temperature is for --score cosine and mixture", "leave it out, or choose one of these")
        try validateMixture()
        try require(
            score == .cosine && loss.drawsNegatives && !sharesNegatives
                ? "--score cosine compares with negatives that all samples share" : nil,
            "leave --shared-negatives out, or choose --score product")
        let ofSampling = [
            sharesNegatives == standard.sharesNegatives ? nil : "--shared-negatives",
            proposal == standard.proposal ? nil : "--proposal", masksHits == standard.masksHits ? nil : "--mask-hits",
        ].compactMap { $0 }
        try require(
            loss.drawsNegatives ? nil : ofSampling.first.map { "\($0) is for --loss sampled-softmax and gbce" },
            "leave it out, or choose one of these losses")
        try require(
            uniformShare == standard.uniformShare || proposal == .mixed
                ? nil : "--uniform-share is for --proposal mixed",
            "leave it out, or choose that proposal")
        try require(
            sharing == .step || (loss.drawsNegatives && sharesNegatives && proposal != .batch)
                ? nil : "--shared-by is for negatives that samples share: sampled-softmax and gbce",
            "leave it out, or leave --shared-negatives and --proposal batch out")
        try require(
            proposal == .batch && !sharesNegatives
                ? "--shared-negatives 0: the negatives of --proposal batch are those of all samples" : nil,
            "leave it out, or choose another proposal")
        try require(
            calibration == standard.calibration || loss == .gBCE ? nil : "--calibration is for --loss gbce",
            "leave it out, or choose that loss")
        try require(
            labelSmoothing == 0 || loss == .sampledSoftmax || loss == .fullSoftmax
                ? nil : "--label-smoothing is for --loss sampled-softmax and full-softmax",
            "leave it out, or choose one of these losses")
        try require(
            labelSmoothing == 0 || importance == 0 ? nil : "--label-smoothing and --importance do not go together",
            "leave one of them out")
        let ofSoftmax = [
            importance == 0 ? nil : "--importance", hasMultiInterestLoss ? "--multi-interest-loss" : nil,
        ].compactMap { $0 }
        try require(
            loss == .sampledSoftmax || loss == .fullSoftmax
                ? nil : ofSoftmax.first.map { "\($0) is for --loss sampled-softmax and full-softmax" },
            "leave it out, or choose one of these losses")
        try require(
            loss == .fullSoftmax && negatives != 1
                ? "--negatives is \(negatives), but --loss full-softmax compares with all items" : nil,
            "leave it out, or choose sampled-softmax")
    }

    /// Refuses the sizes of a mixture of logits where there is none.
    private func validateMixture() throws(TrainingError) {
        let standard = ObjectiveOptions()
        let ofMixture = [
            mixtureUsers == standard.mixtureUsers ? nil : "--mixture-users",
            mixtureItems == standard.mixtureItems ? nil : "--mixture-items",
            mixtureSize == standard.mixtureSize ? nil : "--mixture-size",
            mixtureHidden == standard.mixtureHidden ? nil : "--mixture-hidden",
        ].compactMap { $0 }
        try require(
            score == .mixture ? nil : ofMixture.first.map { "\($0) is for --score mixture" },
            "leave it out, or choose that score")
    }
}
