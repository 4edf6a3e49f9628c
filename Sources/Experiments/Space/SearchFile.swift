import FileIO
import Options
import Training

/// The file of `trainer search --config FILE`: what is searched, and how.
///
///     method: halving
///     seed: 0
///     trials: 16
///     metric: NDCG@10
///     epochs: {first: 2, factor: 3, most: 54}
///     seeds: [0]
///     fixed: {model: SASRec, dataset: games, data-root: data}
///     search:
///       lr: {log-uniform: [1e-4, 1e-2]}
///       layers: [1, 2, 3]
///       dropout: {uniform: [0, 0.5]}
package struct SearchFile: Sendable {
    /// How trials are chosen, and how long they are trained.
    package enum Method: String, CaseIterable, Sendable {
        /// All combinations of lists of values.
        case grid
        /// Combinations that are drawn.
        case random
        /// Combinations of either kind, of which the best are trained longer: ``HalvingSchedule``.
        case halving
    }

    /// How long successive halving trains.
    package struct Rungs: Equatable, Sendable {
        /// Epochs of the first rung.
        package let first: Int
        /// Each rung trains so many times as long as the one before, and has one of so many of its trials.
        package let factor: Int
        /// Epochs of the last rung.
        package let most: Int

        /// - Parameters:
        ///   - first: epochs of the first rung.
        ///   - factor: how many times as long each rung trains as the one before.
        ///   - most: epochs of the last rung.
        package init(first: Int, factor: Int, most: Int) {
            (self.first, self.factor, self.most) = (first, factor, most)
        }

        /// The epochs of all rungs: `first`, `first * factor` and so on, then `most`.
        package var epochs: [Int] {
            var result: [Int] = []
            var epochs = first
            while epochs < most {
                result.append(epochs)
                let (product, isTooLarge) = epochs.multipliedReportingOverflow(by: factor)
                epochs = isTooLarge ? most : product
            }
            return result + [most]
        }
    }

    /// How trials are chosen, and how long they are trained.
    package let method: Method
    /// What drawn values follow from.
    package let seed: UInt64
    /// Trials that are drawn; nil: all combinations.
    package let trials: Int?
    /// The dev metric that decides; nil: the one by which a training finds its best epoch.
    package let metric: String?
    /// nil for other methods than halving.
    package let rungs: Rungs?
    /// Seeds of the trainings of each trial, whose values are averaged.
    package let seeds: [UInt64]
    /// Options that all trials share.
    package let fixed: [OptionText.Entry]
    /// What the trials are made of.
    package let space: SearchSpace

    /// Reads a file.
    package init(_ tree: OptionTree) throws(OptionError) {
        try tree.refuseUnknown(
            ["method", "seed", "trials", "metric", "epochs", "seeds", "fixed", "search"], in: "the file of a search")
        guard let methodTree = tree["method"] else { throw OptionError(line: nil, reason: "method is missing") }
        let word = try methodTree.requireText("method")
        guard let method = Method(rawValue: word) else {
            let names = Method.allCases.map(\.rawValue)
            let nearest = names.nearest(to: word).map { ", did you mean \($0)?" } ?? ""
            throw OptionError(
                line: methodTree.line, reason: "there is no method \(word)\(nearest) (\(names.joined(separator: ", ")))"
            )
        }
        self.method = method
        seed =
            try tree["seed"].map { tree throws(OptionError) in
                guard let seed = UInt64(try tree.requireText("seed")) else {
                    throw OptionError(line: tree.line, reason: "seed is not a whole number from 0")
                }
                return seed
            } ?? 0
        metric = try tree["metric"]?.requireText("metric")
        seeds = try tree["seeds"]?.requireSeeds() ?? [0]
        guard let spaceTree = tree["search"] else {
            throw OptionError(line: nil, reason: "search is missing: the options to choose, with their values")
        }
        space = try Self.space(spaceTree)
        trials = try tree["trials"]?.requireInteger("trials", in: 1...SearchSpace.mostTrials)
        rungs = try tree["epochs"].map(Self.rungs)
        fixed = try tree["fixed"]?.requireOptions("fixed") ?? []
        try check(tree)
    }

    /// Refuses parts that do not go together.
    private func check(_ tree: OptionTree) throws(OptionError) {
        let trialsLine = tree["trials"]?.line
        let ranged = space.parameters.first { $0.choices == nil }
        switch method {
        case .grid:
            if let trialsLine {
                throw OptionError(
                    line: trialsLine, reason: "trials is for random and halving: a grid has all combinations")
            }
        case .random:
            guard trials != nil else { throw OptionError(line: nil, reason: "trials is missing: how many to draw") }
        case .halving:
            guard rungs != nil else {
                throw OptionError(
                    line: nil, reason: "epochs is missing: for halving, such as {first: 2, factor: 3, most: 54}")
            }
        }
        if method != .halving, rungs != nil {
            throw OptionError(
                line: tree["epochs"]?.line,
                reason: "epochs is for halving: elsewhere it is an option, fixed or searched")
        }
        if trials == nil {
            if let ranged {
                throw OptionError(
                    line: ranged.line,
                    reason:
                        "\(ranged.name) is a range: all combinations need lists of values, or say how many trials to draw"
                )
            }
            guard space.size != nil else {
                throw OptionError(
                    line: tree["search"]?.line, reason: "more than \(SearchSpace.mostTrials) combinations")
            }
        }
        if let trials, let size = space.size, trials > size {
            throw OptionError(
                line: trialsLine, reason: "trials is \(trials), and there are only \(size) different ones: leave it out"
            )
        }
        let searched = space.parameters.map { OptionText.Entry(name: $0.name, value: "", line: $0.line) }
        let ending =
            method == .halving ? ["epochs": "halving decides about it", "epoch": "halving decides about it"] : [:]
        try DecidedOptions.refuse(in: fixed + searched, ending)
        try refuseRepetition(searched)
        if let alone = (fixed + searched).first(where: { $0.name.replacing("_", with: "-") == "dev-only" }),
            Bool(optionText: alone.value ?? "") != true
        {
            throw OptionError(line: alone.line, reason: "a search leaves test alone: dev-only is always on")
        }
    }

    /// Refuses an option that is there twice, perhaps by two of its names.
    private func refuseRepetition(_ searched: [OptionText.Entry]) throws(OptionError) {
        let model = fixed.first { TrainingConfiguration.name(of: $0.name, model: nil) == "model" }?.value
        var names: [String: String] = [:]
        for entry in fixed + searched {
            let name = TrainingConfiguration.name(of: entry.name, model: model)
            guard let other = names.updateValue(entry.name, forKey: name) else { continue }
            throw OptionError(
                line: entry.line,
                reason: other == entry.name
                    ? "\(entry.name) is fixed and searched" : "\(other) and \(entry.name) are one option")
        }
    }

    private static func rungs(_ tree: OptionTree) throws(OptionError) -> Rungs {
        let names = ["first", "factor", "most"]
        guard tree.members != nil else {
            throw OptionError(line: tree.line, reason: "epochs is a group such as {first: 2, factor: 3, most: 54}")
        }
        try tree.refuseUnknown(names, in: "epochs")
        func number(_ name: String, _ range: ClosedRange<Int>, _ standard: Int?) throws(OptionError) -> Int {
            if let tree = tree[name] { return try tree.requireInteger(name, in: range) }
            guard let standard else { throw OptionError(line: tree.line, reason: "epochs: \(name) is missing") }
            return standard
        }
        let rungs = Rungs(
            first: try number("first", 1...1_000_000, nil), factor: try number("factor", 2...1_000, 3),
            most: try number("most", 1...1_000_000, nil))
        guard rungs.most >= rungs.first else {
            throw OptionError(line: tree.line, reason: "epochs: most is below first")
        }
        return rungs
    }

    private static func space(_ tree: OptionTree) throws(OptionError) -> SearchSpace {
        var parameters: [SearchParameter] = []
        for member in try tree.requireMembers(of: "search") {
            let domain: SearchParameter.Domain
            if let elements = member.tree.elements {
                var choices: [String] = []
                for element in elements {
                    guard let text = element.optionText, !text.isEmpty else {
                        throw OptionError(line: element.line, reason: "\(member.name): a value is missing")
                    }
                    guard !choices.contains(text) else {
                        throw OptionError(line: element.line, reason: "\(member.name): \(text) is there twice")
                    }
                    choices.append(text)
                }
                guard !choices.isEmpty else {
                    throw OptionError(line: member.line, reason: "\(member.name): no values")
                }
                domain = .choices(choices)
            } else if let group = member.tree.members {
                domain = try range(member.name, group, line: member.line)
            } else {
                throw OptionError(
                    line: member.line,
                    reason: "\(member.name) has one value: write a list, a range such as {uniform: [0, 0.5]}, "
                        + "or put it into fixed")
            }
            parameters.append(SearchParameter(name: member.name, domain: domain, line: member.line))
        }
        guard !parameters.isEmpty else { throw OptionError(line: tree.line, reason: "search has no options") }
        return SearchSpace(parameters)
    }

    /// `{log-uniform: [1e-4, 1e-2]}`.
    private static func range(
        _ name: String, _ group: [OptionTree.Member], line: Int
    ) throws(OptionError) -> SearchParameter.Domain {
        let kinds = ["uniform", "log-uniform", "integer", "log-integer"]
        guard group.count == 1, let member = group.first, let elements = member.tree.elements, elements.count == 2
        else {
            throw OptionError(line: line, reason: "\(name) is no range: write it as {uniform: [0, 0.5]}")
        }
        guard kinds.contains(member.name) else {
            let nearest = kinds.nearest(to: member.name).map { ", did you mean \($0)?" } ?? ""
            throw OptionError(
                line: member.line,
                reason: "there is no range \(member.name)\(nearest) (\(kinds.joined(separator: ", ")))")
        }
        let texts = [try elements[0].requireText(name), try elements[1].requireText(name)]
        if member.name.hasSuffix("integer") {
            let bounds = texts.compactMap { Int($0) }.filter { abs($0) <= 1 << 30 }
            guard bounds.count == 2, bounds[0] < bounds[1] else {
                throw OptionError(
                    line: member.line, reason: "\(name): two whole numbers are needed, the smaller one first")
            }
            guard member.name == "integer" || bounds[0] >= 1 else {
                throw OptionError(line: member.line, reason: "\(name): log-integer begins at 1 or above")
            }
            return member.name == "integer" ? .integer(bounds[0], bounds[1]) : .logInteger(bounds[0], bounds[1])
        }
        let bounds = texts.compactMap { Double($0) }.filter(\.isFinite)
        guard bounds.count == 2, bounds[0] < bounds[1] else {
            throw OptionError(line: member.line, reason: "\(name): two numbers are needed, the smaller one first")
        }
        guard member.name == "uniform" || bounds[0] > 0 else {
            throw OptionError(line: member.line, reason: "\(name): log-uniform begins above 0")
        }
        return member.name == "uniform" ? .uniform(bounds[0], bounds[1]) : .logUniform(bounds[0], bounds[1])
    }
}
