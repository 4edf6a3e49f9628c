import KernelCore
import Recommenders

/// How the items of a batch are scored for its users.
enum BatchScores {
    /// By the largest inner product of the user's interests with a row of a table.
    case products(Interests, UnsafePointer<Float>)
    /// By mixtures of logits.
    case mixtures(MixtureUsers, MixtureTable)

    /// The score of an item, and the interest that gives it.
    func score(of item: Int32, user: Int, scratch arena: Arena) -> (score: Float, interest: Int) {
        switch self {
        case .products(let queries, let table):
            return Kernel.rowScore(
                table + Int(item) * queries.vectors.columns, interests: queries.ofUser(user))
        case .mixtures(let users, let table):
            var score: Float = 0
            withUnsafePointer(to: item) {
                Kernel.mixtureScores(
                    of: $0, count: 1, in: table, for: users, user: user, scratch: arena, into: &score)
            }
            return (score, 0)
        }
    }

    /// The scores of candidates, `[users, perUser]`.
    func scores(
        of candidates: UnsafePointer<Int32>, perUser: Int, scratch arena: Arena,
        into scores: UnsafeMutablePointer<Float>
    ) {
        switch self {
        case .products(let queries, let table):
            Kernel.bestScores(
                queries.vectors.matrix, queries.groups, table: table, candidates: candidates, perUser: perUser,
                into: scores)
        case .mixtures(let users, let table):
            for user in 0..<users.count {
                Kernel.mixtureScores(
                    of: candidates + user * perUser, count: perUser, in: table, for: users, user: user, scratch: arena,
                    into: scores + user * perUser)
            }
        }
    }

    /// Adds to `counts` how many items score not below `targets`, but for those that are excluded.
    ///
    /// - Parameter best: is offered the items that take part.
    func countNotBelow(
        _ targets: UnsafePointer<Float>, itemCount: Int, excluding excluded: UnsafePointer<Int32>,
        at offsets: JaggedOffsets, scratch arena: Arena, into counts: UnsafeMutablePointer<Int32>, best: BestRows?
    ) {
        switch self {
        case .products(let queries, let table):
            Kernel.countRowsNotBelow(
                targets, interests: queries.vectors.matrix, queries.groups,
                among: RankedRows(1..<itemCount + 1, of: table, excluding: excluded, at: offsets), into: counts,
                best: best)
        case .mixtures(let users, let table):
            Kernel.countRowsNotBelow(
                targets, users, among: table, excluding: excluded, at: offsets, scratch: arena, into: counts,
                best: best)
        }
    }
}
