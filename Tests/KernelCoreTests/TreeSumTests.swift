import KernelCore
import Testing

/// The same bits for every division of the shards among owners.
@Suite struct TreeSumTests {
    private let width = 11

    /// The sum of `terms` (nil where a shard has nothing) by the tree over `inputs`.
    private func sum(_ inputs: [TreeSum.Subtree], _ terms: [[Float]?]) -> [Float]? {
        let memory = terms.map { term in
            term.map { values in
                let copy = UnsafeMutablePointer<Float>.allocate(capacity: width)
                copy.initialize(from: values, count: width)
                return copy
            }
        }
        defer { for pointer in memory { pointer?.deallocate() } }
        var pointers = memory.map { UnsafePointer($0) }
        var scratch = [Float](repeating: .nan, count: inputs.count * width)
        let tree = TreeSum(inputs: inputs)
        return scratch.withUnsafeMutableBufferPointer { scratch in
            pointers.withUnsafeMutableBufferPointer { pointers in
                tree(pointers.baseAddress!, count: width, scratch: scratch.baseAddress!)
                    .map { sum in (0..<width).map { sum[$0] } }
            }
        }
    }

    private func shards(_ range: Range<Int>) -> [TreeSum.Subtree] { range.map { TreeSum.Subtree($0, $0 + 1) } }

    /// Terms of very different sizes, so that another order of addition gives other bits.
    private func randomTerms(_ count: Int, absent: Int, _ numbers: inout Numbers) -> [[Float]?] {
        (0..<count).map { _ in
            if numbers.next(below: 4) < absent { return nil }
            let scale = [1e-3, 1, 1e4][numbers.next(below: 3)] as Float
            return numbers.list(width, bound: scale)
        }
    }

    private func owned(_ owner: Int, of owners: Int, _ count: Int) -> Range<Int> {
        count * owner / owners..<count * (owner + 1) / owners
    }

    @Test(arguments: 1...17) func `sums do not depend on the number of owners`(count: Int) {
        var numbers = Numbers(UInt64(count))
        for absent in [0, 1, 3, 4] {
            for _ in 0..<3 {
                let terms = randomTerms(count, absent: absent, &numbers)
                let whole = sum(shards(0..<count), terms)
                for owners in 1...count {
                    var nodes: [TreeSum.Subtree] = []
                    var partial: [[Float]?] = []
                    for owner in 0..<owners {
                        for node in TreeSum.completeSubtrees(of: owned(owner, of: owners, count), shards: count) {
                            nodes.append(node)
                            let range = node.lower..<node.upper
                            partial.append(sum(shards(range), Array(terms[range])))
                        }
                    }
                    #expect(sum(nodes, partial).map { bits($0) } == whole.map { bits($0) }, "\(owners) owners")
                }
                #expect((whole == nil) == terms.allSatisfy { $0 == nil })
            }
        }
    }

    @Test func `the tree splits at the largest power of two`() {
        // 2^24 + 1 is not a float: the order of the additions shows in the sum.
        let big: Float = 0x1p24
        func total(_ values: [Float]) -> Float? {
            sum(shards(0..<values.count), values.map { [Float](repeating: $0, count: width) })?[0]
        }
        #expect(total([big, 1, 1]) == (big + 1) + 1)
        #expect(total([1, 1, big]) == (1 + 1) + big)
        #expect(total([big, 1, 1, 1]) == (big + 1) + (1 + 1))
        #expect(total([big, 1, 1, 1, 1]) == ((big + 1) + (1 + 1)) + 1)
        #expect(total([1, big, -big, 1, 3, 1]) == ((1 + big) + (-big + 1)) + (3 + 1))
    }

    @Test func `an absent term leaves the others as they are`() {
        let a = [Float](repeating: 0.1, count: width)
        #expect(sum(shards(0..<5), [nil, nil, a, nil, nil]) == a)
        #expect(sum(shards(0..<3), [nil, nil, nil]) == nil)
        #expect(sum(shards(0..<1), [a]) == a)
    }

    @Test func `the sum of one number an input has the bits of the tree`() {
        var numbers = Numbers(77)
        for count in 1...17 {
            var terms = (0..<count).map { _ in Double(numbers.next(1e6)) * 1.000_000_1 }
            func reference(_ range: Range<Int>) -> Double {
                if range.count == 1 { return terms[range.lowerBound] }
                var half = 1
                while half * 2 < range.count { half *= 2 }
                return reference(range.lowerBound..<range.lowerBound + half)
                    + reference(range.lowerBound + half..<range.upperBound)
            }
            let expected = reference(0..<count)
            #expect(TreeSum(inputs: shards(0..<count))(&terms) == expected)
        }
    }

    @Test(arguments: 1...17) func `complete subtrees tile what an owner has with as few nodes as there are`(count: Int)
    {
        // Every node of the tree, by taking it apart.
        var tree: Set<TreeSum.Subtree> = []
        func collect(_ node: TreeSum.Subtree) {
            tree.insert(node)
            guard node.upper - node.lower > 1 else { return }
            var half = 1
            while half * 2 < node.upper - node.lower { half *= 2 }
            collect(TreeSum.Subtree(node.lower, node.lower + half))
            collect(TreeSum.Subtree(node.lower + half, node.upper))
        }
        collect(TreeSum.Subtree(0, count))
        for lower in 0..<count {
            for upper in lower...count {
                let nodes = TreeSum.completeSubtrees(of: lower..<upper, shards: count)
                #expect(nodes.flatMap { Array($0.lower..<$0.upper) } == Array(lower..<upper))
                #expect(nodes.allSatisfy { tree.contains($0) })
                for node in nodes {
                    let larger = tree.contains {
                        lower <= $0.lower && $0.lower <= node.lower && node.upper <= $0.upper && $0.upper <= upper
                            && $0 != node
                    }
                    #expect(!larger, "\(node) is part of a larger subtree within \(lower)..<\(upper)")
                }
            }
        }
    }

    @Test(arguments: 1...17) func `subtrees of several owners join to the largest ones`(count: Int) {
        for owners in 1...count {
            let subtrees = (0..<owners).map {
                TreeSum.completeSubtrees(of: owned($0, of: owners, count), shards: count)
            }
            for lower in 0..<owners {
                for upper in lower + 1...owners {
                    let range =
                        owned(lower, of: owners, count).lowerBound..<owned(upper - 1, of: owners, count).upperBound
                    let joined = TreeSum.joining(subtrees[lower..<upper].flatMap { $0 }, shards: count)
                    #expect(joined == TreeSum.completeSubtrees(of: range, shards: count))
                }
            }
            // Without the second owner nothing joins over its place.
            guard owners > 2 else { continue }
            let rest = subtrees.indices.filter { $0 != 1 }.flatMap { subtrees[$0] }
            let joined = TreeSum.joining(rest, shards: count)
            #expect(Set(joined.flatMap { $0.lower..<$0.upper }) == Set(rest.flatMap { $0.lower..<$0.upper }))
            #expect(joined.reduce(0) { $0 + $1.upper - $1.lower } == rest.reduce(0) { $0 + $1.upper - $1.lower })
        }
    }
}
