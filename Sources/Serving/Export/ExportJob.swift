import Differentiation
import FileIO
import Interactions
import KernelCore
import MPI
import ModelFiles
import Reporting
import Training

/// Writes the vectors of items and users for a nearest-neighbour index, or the parameters for PyTorch, on all ranks
/// together.
///
/// Users come in the order of their numbers, batch by batch as in ``RecommendationJob``: the files have the same bytes on
/// any number of ranks. The manifest is written last.
public struct ExportJob: Sendable {
    /// The folder of a run.
    public var checkpoint: String
    /// The folder of data sets, where that is not the one of the training.
    public var dataRoot: String?
    /// The data set's folder in it, where that is not the one of the training.
    public var dataset: String?
    /// The folder of the files.
    public var output: String
    /// Which files are written: vectors in one of two formats, or parameters.
    public var format = ExportFormat.npy
    /// How much of what is known of a user counts as the history.
    public var history = HistoryChoice.all
    /// A file of users, one id a line; nil: all users.
    public var users: String?

    /// Exports the vectors of all items and users as `npy`, until other choices are made.
    ///
    /// - Parameters:
    ///   - checkpoint: the folder of a run.
    ///   - output: the folder of the files.
    public init(checkpoint: String, output: String) {
        self.checkpoint = checkpoint
        self.output = output
    }

    private static let batchSize = 256

    /// Writes the files. Collective.
    public func run(world: Communicator, console: Console) throws {
        var request = RecommendationRequest(checkpoint: checkpoint)
        request.dataRoot = dataRoot
        request.dataset = dataset
        let stored = try request.stored(world: world)
        try world.collectively {
            if world.rank == 0 { try claim() }
        }
        if format == .pytorch {
            try world.collectively {
                if world.rank == 0 { try writeParameters(of: stored, console) }
            }
        } else {
            try Kernel.flushingSubnormals { try writeVectors(of: stored, world: world, console: console) }
        }
    }

    /// Makes the folder, unless it holds something that would be lost.
    private func claim() throws {
        try ProtectedFolders.refuse(output)
        _ = try Folder.create(output, advice: "choose another folder with --out")
        guard !ExportManifest.isIn(output) else { return }
        let taken = ExportNames.all.first { ExportedFile.exists($0, in: output) }
        guard let taken else { return }
        throw ServingError(
            .usage, "\(output) holds a file \(taken) that no export has written",
            recoverySuggestion: "choose another folder with --out, or move the file away")
    }

    private func writeVectors(of stored: StoredModel, world: Communicator, console: Console) throws {
        let dataset = try stored.knownDataset(world: world, console: console)
        let users = try world.collectively {
            try stored.itemIds.requireFields("item", .tsv)
            try dataset.userIds.requireFields("user", .tsv)
            return try UserSelection.users(of: dataset, listedIn: self.users)
        }
        let statistics = TrainStatistics(graphOf: stored) { dataset }
        let byteCount = try world.collectively { try TrainedModel.byteCount(stored, with: statistics) }
        try MemoryNeed.check(MemoryNeed(own: byteCount), of: "parameters", world: world)
        let model = try world.collectively { try TrainedModel(stored, with: statistics) }
        if stored.configuration.hasNeighbours {
            console.warning(
                "inner products of the vectors are the scores without what --neighbour-weight adds\n"
                    + "`trainer recommend` adds it; for an index alone, train with --neighbour-weight 0")
        }
        let turns = BatchTurns(count: users.count, size: Self.batchSize, world: world)
        let histories = UserHistories(dataset, users: turns.own.flatMap { users[$0] }, splits: history.splits)
        let isAnswered = { (user: Int) in !stored.needsHistory || histories.length(user) > 0 }
        let count = try world.allReduce(histories.users.indices.count(where: isAnswered), .sum)
        if count < users.count {
            console.warning(
                "users without a history in what --history chooses, for whom \(stored.entry.name) has nothing: "
                    + "\(NumberText.grouped(users.count - count))\nthey are left out")
        }
        let files = try world.collectively {
            world.rank == 0 ? try VectorFiles(format, in: output, model: model, users: count) : nil
        }
        var counts: [Int32] = []
        var first = 0
        for round in 0..<turns.rounds {
            var part = UserVectors()
            try world.collectively {
                guard round < turns.own.count else { return }
                let end = first + turns.own[round].count
                try part.add((first..<end).filter(isAnswered), of: histories, dataset.userIds, model)
                first = end
            }
            let ids = try world.gather(part.ids, at: 0)
            let vectors = try world.gather(part.vectors, at: 0)
            let interestCounts = try world.gather(part.counts, at: 0)
            try world.collectively {
                guard let ids, let vectors, let interestCounts else { return }
                try files?.append(ids: ids.joined[...], interests: vectors.joined[...])
                counts += interestCounts.joined
            }
        }
        try world.collectively {
            guard let files else { return }
            let manifest = ExportManifest(
                model: model, history: history, users: count, interestCounts: counts,
                data: DatasetFingerprint(dataset), format: format)
            try manifest.write(files: try files.finish(), in: output)
        }
        console.info(
            "\(output): \(NumberText.counted(model.itemCount, "items")) [\(model.dimension)], \(NumberText.counted(count, "users")) "
                + "[\(model.interestsPerUser), \(model.dimension)]")
    }

    private func writeParameters(of stored: StoredModel, _ console: Console) throws {
        try stored.itemIds.requireFields("item", .tsv)
        try stored.known.users?.requireFields("user", .tsv)
        let names = try stored.writeParameters(to: output)
        try ExportManifest.writeParameters(of: stored, files: names, in: output)
        console.info("\(output): the parameters of \(stored.entry.name) in \(ExportNames.parameters)")
    }
}

/// What a rank adds in a round.
private struct UserVectors {
    /// Lines of ids.
    var ids: [UInt8] = []
    /// `[users, K, d]`.
    var vectors: [Float] = []
    /// `[users]`: interests that a user really has.
    var counts: [Int32] = []

    mutating func add(
        _ users: [Int], of histories: UserHistories, _ vocabulary: Vocabulary, _ model: TrainedModel
    ) throws {
        guard !users.isEmpty else { return }
        let batch = PackedBatch()
        for user in users {
            histories.append(user, historyMax: model.historyMax, to: batch)
            ids += vocabulary.text(of: histories.users[user]).utf8
            ids.append(0x0A)
        }
        let interests = try model.interests(of: batch)
        vectors += UnsafeBufferPointer(start: interests.vectors.value, count: interests.vectors.count)
        counts += (0..<users.count).map { interests.counts?[$0] ?? Int32(interests.perUser) }
    }
}

extension StoredModel {
    /// Writes all parameters under their names, and the ids of the rows of tables.
    ///
    /// - Returns: the names of the files.
    fileprivate func writeParameters(to folder: String) throws -> [String] {
        let layout = ParameterLayout()
        let model = model(in: layout, graph: nil)
        try model.check(layout)
        let storage = ParameterStorage(layout)
        try ModelFile.read(file, into: storage.values, layout, unused: entry.tensors.unused)
        try ModelFile.write(
            storage.values, layout, to: folder + "/" + ExportNames.parameters, metadata: [(key: "format", value: "pt")])
        var names = [ExportNames.parameters]
        let tables = [(ExportNames.itemIds, known.items), (ExportNames.userIds, known.users)]
        for (name, vocabulary) in tables {
            guard let vocabulary else { continue }
            let list = try AtomicFile(replacing: folder + "/" + name)
            try list.write(vocabulary.lines)
            try list.commit()
            names.append(name)
        }
        return names
    }
}
