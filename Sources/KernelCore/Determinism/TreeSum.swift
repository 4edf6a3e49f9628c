/// Addition in a fixed binary tree over the logical shards.
///
/// The tree over `lower..<upper` splits at `lower +` the largest power of two below its size, down to single shards.
/// Which rank holds which shard decides where an addition happens, never which numbers are added: a sum has the same
/// bits for any number of ranks.
public struct TreeSum: Sendable {
    /// A complete subtree: the shards that it covers.
    public struct Subtree: Hashable, Sendable {
        /// The first shard.
        public let lower: Int
        /// The shard behind the last one.
        public let upper: Int

        /// The subtree over the shards `lower..<upper`.
        public init(_ lower: Int, _ upper: Int) {
            self.lower = lower
            self.upper = upper
        }

        /// Where its right part begins; one of a single shard has none.
        package var split: Int {
            var half = 1
            while half * 2 < upper - lower { half *= 2 }
            return lower + half
        }
    }

    /// An addition: input `left` becomes `left + right`.
    struct Addition: Sendable {
        let left: Int
        let right: Int
    }

    /// The inputs, in the order of the shards.
    public let inputs: [Subtree]
    let additions: [Addition]
    /// Whether this is `((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))`.
    let isPairwiseOfEight: Bool

    /// The additions that make one sum out of `inputs`, the largest complete subtrees that tile `lower..<upper` of
    /// the tree over `0..<shards`.
    ///
    /// - Precondition: the inputs tile one subtree of the whole tree.
    public init(inputs: [Subtree]) {
        self.inputs = inputs
        var additions: [Addition] = []
        if let first = inputs.first, let last = inputs.last {
            _ = Self.schedule(Subtree(first.lower, last.upper), inputs, &additions)
        }
        self.additions = additions
        isPairwiseOfEight =
            inputs.count == 8 && additions.map(\.left) == [0, 2, 0, 4, 6, 4, 0]
            && additions.map(\.right) == [1, 3, 2, 5, 7, 6, 4]
    }

    /// The complete subtrees of the tree over `0..<shards` that tile `owned`, in order.
    public static func completeSubtrees(of owned: Range<Int>, shards: Int) -> [Subtree] {
        func collect(_ subtree: Subtree, _ result: inout [Subtree]) {
            if subtree.upper <= owned.lowerBound || subtree.lower >= owned.upperBound { return }
            if owned.lowerBound <= subtree.lower && subtree.upper <= owned.upperBound {
                result.append(subtree)
                return
            }
            collect(Subtree(subtree.lower, subtree.split), &result)
            collect(Subtree(subtree.split, subtree.upper), &result)
        }
        var result: [Subtree] = []
        if shards > 0 && !owned.isEmpty { collect(Subtree(0, shards), &result) }
        return result
    }

    /// What is left of `parts` when two halves of a subtree that are both there have become one, and so on.
    ///
    /// - Parameters:
    ///   - parts: subtrees of the tree over `0..<shards` by rising shards, none inside another; any may be missing.
    ///   - shards: of the whole tree.
    /// - Returns: the largest subtrees that `parts` make up, by rising shards.
    package static func joining(_ parts: [Subtree], shards: Int) -> [Subtree] {
        func collect(_ subtree: Subtree, _ parts: ArraySlice<Subtree>) -> [Subtree] {
            guard let first = parts.first, first != subtree else { return Array(parts) }
            let (lower, upper) = (Subtree(subtree.lower, subtree.split), Subtree(subtree.split, subtree.upper))
            let middle = parts.firstIndex { $0.lower >= subtree.split } ?? parts.endIndex
            let halves = collect(lower, parts[..<middle]) + collect(upper, parts[middle...])
            return halves == [lower, upper] ? [subtree] : halves
        }
        return collect(Subtree(0, shards), parts[...])
    }

    private static func schedule(_ subtree: Subtree, _ inputs: [Subtree], _ additions: inout [Addition]) -> Int {
        if let index = inputs.firstIndex(of: subtree) { return index }
        let left = schedule(Subtree(subtree.lower, subtree.split), inputs, &additions)
        let right = schedule(Subtree(subtree.split, subtree.upper), inputs, &additions)
        additions.append(Addition(left: left, right: right))
        return left
    }

    /// The sum of one number an input, 0 where a shard has nothing; `terms` `[inputs.count]` is overwritten.
    public func callAsFunction(_ terms: UnsafeMutablePointer<Double>) -> Double {
        for addition in additions { terms[addition.left] += terms[addition.right] }
        return terms[0]
    }

    /// The sum of `count` floats at each of the `terms`, one pointer an input, nil where a shard has nothing. An
    /// absent term changes nothing, as adding zeros would.
    ///
    /// - Parameters:
    ///   - terms: `[inputs.count]`; overwritten.
    ///   - scratch: `[inputs.count, count]`.
    /// - Returns: where the sum is: in `scratch`, or the only term itself; nil where all are absent.
    public func callAsFunction(
        _ terms: UnsafeMutablePointer<UnsafePointer<Float>?>, count: Int, scratch: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float>? {
        additions.withUnsafeBufferPointer { additions in
            for addition in additions {
                guard let right = terms[addition.right] else { continue }
                guard let left = terms[addition.left] else {
                    terms[addition.left] = right
                    continue
                }
                let sum = scratch + addition.left * count
                Kernel.add(left, right, into: sum, count: count)
                terms[addition.left] = UnsafePointer(sum)
            }
        }
        return terms[0]
    }
}
