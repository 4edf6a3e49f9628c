import KernelCore
import Testing

/// Sums of all rows of a table, block by block, beside the tree over each row.
@Suite struct RowBlockSumTests {
    /// The touched rows of each input, rising, with gradients of very different sizes.
    private func inputs(_ count: Int, rows: Int, columns: Int, share: Int) -> [[Int: [Float]]] {
        var numbers = Numbers(UInt64(count * 1000 + columns))
        return (0..<count).map { input in
            var touched: [Int: [Float]] = [:]
            // All inputs touch every fifth row, so that there are rows with all terms.
            for row in 0..<rows where row % 5 == 0 || numbers.next(below: 10) < share {
                touched[row] = numbers.list(columns, bound: [1e-3, 1, 1e4][numbers.next(below: 3)])
            }
            return input == 2 ? [:] : touched
        }
    }

    private func touched(_ input: [Int: [Float]], columns: Int) -> TouchedRows {
        // Slots in the opposite order of the rows.
        let rows = input.keys.sorted()
        let values = rows.reversed().flatMap { input[$0] ?? [] }
        let entries = rows.enumerated().map { RowEntry(row: Int32($1), slot: Int32(rows.count - 1 - $0)) }
        return TouchedRows(entries: Memory.copy(entries), count: rows.count, values: Memory.copy(values))
    }

    private func expected(_ tree: TreeSum, _ terms: [[Float]?], columns: Int) -> [UInt32] {
        let pointers = Memory.copy(terms.map { $0.map { Memory.copy($0) } })
        let sum = tree(
            UnsafeMutablePointer(mutating: pointers), count: columns, scratch: Memory.room(terms.count * columns))
        return bits((0..<columns).map { sum?[$0] ?? 0 })
    }

    @Test(arguments: [1, 2, 3, 8, 11], [1, 16, 37])
    func `every row has the bits of the tree over its gradients`(count: Int, columns: Int) {
        let rows = 700
        let tree = TreeSum(inputs: (0..<count).map { TreeSum.Subtree($0, $0 + 1) })
        let sum = RowBlockSum(tree, width: 40)
        for (range, share) in [(0..<rows, 3), (7..<601, 8), (64..<64, 3), (690..<rows, 0)] {
            let inputs = inputs(count, rows: rows, columns: columns, share: share)
            sum.begin(range, columns: columns)
            // What nobody sets touches nothing.
            for (input, rows) in inputs.enumerated() where !rows.isEmpty {
                let own = rows.filter { $0.key < range.upperBound }
                sum.setInput(input, touched(own, columns: columns))
            }
            var next = range.lowerBound
            while let block = sum.nextBlock() {
                #expect(block.rows.lowerBound == next && !block.rows.isEmpty)
                next = block.rows.upperBound
                let isTouched = block.rows.contains { row in inputs.contains { $0[row] != nil } }
                #expect((block.sums != nil) == isTouched)
                guard let sums = block.sums else { continue }
                for row in block.rows {
                    let own = sums[row - block.rows.lowerBound]
                    let terms = inputs.map { $0[row] }
                    guard let own else {
                        #expect(terms.allSatisfy { $0 == nil })
                        continue
                    }
                    #expect(
                        bits((0..<columns).map { own[$0] }) == expected(tree, terms, columns: columns), "row \(row)")
                }
            }
            #expect(next == range.upperBound)
        }
    }
}
