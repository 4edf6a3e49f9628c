/// The users of a batch, as a mixture of logits scores items for them.
public struct MixtureUsers: BitwiseCopyable {
    /// `[users, A * m]`.
    let vectors: MatrixView
    /// `[users, A B]`, what the users bring to the gates.
    let gates: MatrixView
    /// What gates by the logits.
    let network: MixtureNetwork

    /// - Parameters:
    ///   - vectors: `[users, A * m]`, gates: `[users, A B]`; valid as long as the users are.
    public init(vectors: MatrixView, gates: MatrixView, network: MixtureNetwork) {
        self.vectors = vectors
        self.gates = gates
        self.network = network
    }

    /// Number of users.
    public var count: Int { vectors.rows }
}

/// Memory of the scores of a panel for some users.
private struct MixturePanel {
    /// `[users, A B, width]`.
    let logits: UnsafeMutablePointer<Float>
    let values: MixtureValues
    let scores: UnsafeMutablePointer<Float>

    init(_ shape: MixtureShape, users: Int, in arena: Arena) {
        logits = arena.allocate(count: users * shape.logits * RankingPanel.width)
        values = MixtureValues(shape, pairs: RankingPanel.width, in: arena)
        scores = arena.allocate(count: RankingPanel.width)
    }

    /// The logits of a panel for some users.
    func multiply(_ users: MixtureUsers, _ range: Range<Int>, _ shape: MixtureShape, _ panel: UnsafePointer<Float>) {
        Kernel.multiply(
            MatrixView(users.vectors.row(range.lowerBound), rows: range.count * shape.users, columns: shape.size),
            MatrixView(panel, rows: shape.size, columns: shape.items * RankingPanel.width), into: logits)
    }

    /// The scores of a panel for one of these users.
    ///
    /// - Parameter index: of the user among them.
    func score(
        _ users: MixtureUsers, _ user: Int, index: Int, _ shape: MixtureShape, gates: UnsafePointer<Float>
    ) {
        let width = RankingPanel.width
        let own = users.gates.row(user)
        for logit in 0..<shape.logits {
            let gate = Vector(repeating: own[logit])
            forEachVector(width) { index, lanes in
                store(load(gates, logit * width + index, lanes) + gate, values.shares, logit * width + index, lanes)
            }
        }
        Kernel.mixtureScores(
            logits + index * shape.logits * width, pairs: width, shape, users.network, values, into: scores)
    }
}

/// Ranking of items by mixtures of logits. The bits of a score depend on the row and the user alone.
extension Kernel {
    /// The fewest rows of a product that are worth reading its right side for.
    private static let mixtureRows = 48

    /// The scores of rows for one user.
    ///
    /// - Parameters:
    ///   - rows: `[count]` rows of the item table.
    ///   - scores: `[count]`.
    ///   - arena: takes a panel.
    public static func mixtureScores(
        of rows: UnsafePointer<Int32>, count: Int, in table: MixtureTable, for users: MixtureUsers, user: Int,
        scratch arena: Arena, into scores: UnsafeMutablePointer<Float>
    ) {
        let (shape, width) = (table.shape, RankingPanel.width)
        let panel = MixturePanel(shape, users: 1, in: arena)
        let vectors = arena.allocate(Float.self, count: shape.size * shape.items * width)
        let gates = arena.allocate(Float.self, count: shape.logits * width)
        for start in stride(from: 0, to: count, by: width) {
            let size = min(width, count - start)
            table.gather(rows + start, count: size, vectors: vectors, gates: gates)
            panel.multiply(users, user..<user + 1, shape, vectors)
            panel.score(users, user, index: 0, shape, gates: gates)
            (scores + start).update(from: panel.scores, count: size)
        }
    }

    /// Adds to `counts[b]` how many rows of a table score not below `targets[b]`, but for those that are excluded.
    ///
    /// - Parameters:
    ///   - targets, counts: `[users]`.
    ///   - excluded: for each user rows that do not take part, strictly ascending.
    ///   - offsets: where the excluded rows of each user are.
    ///   - arena: takes the logits of a panel for a few users.
    ///   - best: is offered the rows that take part; nil where the best rows are not wanted.
    public static func countRowsNotBelow(
        _ targets: UnsafePointer<Float>, _ users: MixtureUsers, among table: MixtureTable,
        excluding excluded: UnsafePointer<Int32>, at offsets: JaggedOffsets, scratch arena: Arena,
        into counts: UnsafeMutablePointer<Int32>, best: BestRows? = nil
    ) {
        let (shape, width) = (table.shape, RankingPanel.width)
        let height = max(mixtureRows / shape.users, 1)
        let own = MixturePanel(shape, users: height, in: arena)
        let nextExcluded = arena.allocate(Int32.self, count: users.count)
        for user in 0..<users.count { nextExcluded[user] = offsets.offsets[user] }
        for (panel, start) in stride(from: table.rows.lowerBound, to: table.rows.upperBound, by: width).enumerated() {
            let size = min(width, table.rows.upperBound - start)
            for first in stride(from: 0, to: users.count, by: height) {
                let group = first..<min(first + height, users.count)
                own.multiply(users, group, shape, table.vectors(panel))
                for user in group {
                    own.score(users, user, index: user - first, shape, gates: table.gates(panel))
                    let takingPart = rowsTakingPart(
                        start, size, excluded, &nextExcluded[user], until: offsets.offsets[user + 1])
                    counts[user] += Int32((takingPart & ~bitsBelow(targets[user], own.scores, 1)).nonzeroBitCount)
                    if let best { offer(own.scores, 1, start, takingPart, to: best, user: user) }
                }
            }
        }
    }
}
