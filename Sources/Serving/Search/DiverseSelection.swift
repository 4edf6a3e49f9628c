/// The greedy selection of ComiRec's controllable diversity (Cen et al., KDD 2020, equation 14):
///
///     Q(u, S) = sum over i in S of f(u, i)  +  w * sum over i, j in S of g(i, j)
///
/// `f(u, i)` is the score, `g(i, j)` is 1 where the categories of i and j differ, otherwise 0. Each step takes the
/// candidate with the largest
///
///     f(u, i) + w * (number of items in S with another category than i)
///
/// of equal ones that with the smaller number. Candidates are the best items of each interest, as many as are wanted.
struct DiverseSelection {
    private let weight: Double
    private let categories: [Int32]
    /// Of the current user: candidates of each category, the best one first, and how many of them are taken.
    private var groups: [(category: Int32, members: [Int], taken: Int)] = []
    private var groupOfCategory: [Int32: Int] = [:]

    init(_ diversity: SearchOptions.Diversity) {
        weight = diversity.weight
        categories = diversity.categories
    }

    /// Chooses `size` of the candidates of a user.
    ///
    /// - Parameter candidates: items with their scores, each item once, in the order of falling scores and rising
    ///   numbers.
    /// - Returns: indices of candidates, in the order in which they were taken.
    /// - Complexity: O(size * categories of the candidates).
    mutating func choose(_ size: Int, of candidates: [(item: Int32, score: Float)]) -> [Int] {
        groups.removeAll(keepingCapacity: true)
        groupOfCategory.removeAll(keepingCapacity: true)
        for (index, candidate) in candidates.enumerated() {
            let category = categories[Int(candidate.item)]
            if category > 0, let group = groupOfCategory[category] {
                groups[group].members.append(index)
            } else if category == 0, let group = groupOfCategory[0] {
                groups[group].members.append(index)
            } else {
                groupOfCategory[category] = groups.count
                groups.append((category, [index], 0))
            }
        }
        var chosen: [Int] = []
        while chosen.count < min(size, candidates.count) {
            var best: (value: Double, group: Int)?
            for (index, group) in groups.enumerated() where group.taken < group.members.count {
                let head = candidates[group.members[group.taken]]
                // Items without a category differ from each other, too.
                let alike = group.category == 0 ? 0 : group.taken
                let value = Double(head.score) + weight * Double(chosen.count - alike)
                guard let current = best else {
                    best = (value, index)
                    continue
                }
                let rival = groups[current.group]
                let other = candidates[rival.members[rival.taken]]
                if value > current.value || value == current.value && head.item < other.item { best = (value, index) }
            }
            guard let best else { break }
            chosen.append(groups[best.group].members[groups[best.group].taken])
            groups[best.group].taken += 1
        }
        return chosen
    }
}
