import KernelCore

/// Adds the gradients of several mini-batches over one slice of the parameters, in the order of a fixed tree.
public final class SliceSum {
    /// The views that are added, one for each input of the tree, to be filled before the sums are asked for.
    public var views: [SliceView]
    private let tree: TreeSum
    private let columns: [Int]
    private let terms: UnsafeMutablePointer<UnsafePointer<Float>?>
    private let cursors: UnsafeMutablePointer<Int>
    private let losses: UnsafeMutablePointer<Double>
    private let scratch: UnsafeMutablePointer<Float>
    /// Made for the first who asks for blocks: not every sum is for an optimizer.
    private lazy var rowBlocks = RowBlockSum(tree, width: columns.max() ?? 0)

    /// Floats of the dense region that are added at a time: small enough to stay in the first cache.
    private static let blockSize = 1024

    /// Rows of an input between the one that is added and the one that is asked for.
    private static let rowsAhead = 2

    /// A sum of `tree.inputs.count` gradients of one layout.
    public init(_ tree: TreeSum, _ layout: ParameterLayout) {
        self.tree = tree
        columns = layout.tables.map(\.parameter.columns)
        let width = max(Self.blockSize, columns.max() ?? 0)
        views = Array(repeating: SliceView(tableCount: columns.count), count: tree.inputs.count)
        terms = .allocate(capacity: tree.inputs.count)
        terms.initialize(repeating: nil, count: tree.inputs.count)
        cursors = .allocate(capacity: tree.inputs.count)
        cursors.initialize(repeating: 0, count: tree.inputs.count)
        losses = .allocate(capacity: tree.inputs.count)
        losses.initialize(repeating: 0, count: tree.inputs.count)
        scratch = .allocate(capacity: tree.inputs.count * width)
    }

    deinit {
        terms.deallocate()
        cursors.deallocate()
        losses.deallocate()
        scratch.deallocate()
    }

    /// Samples of all inputs.
    public var sampleCount: Int { views.reduce(0) { $0 + $1.sampleCount } }

    /// Sum of the losses of all samples, added in the order of the tree.
    public var loss: Double {
        for (input, view) in views.enumerated() { losses[input] = view.sampleCount > 0 ? view.loss : 0 }
        return tree(losses)
    }

    /// Calls `body` with the sum of each block of `range`, counted from the start of the slice's dense part.
    @inline(__always)
    public func forEachDenseBlock(
        of range: Range<Int>, _ body: (_ offset: Int, _ sum: UnsafePointer<Float>, _ count: Int) -> Void
    ) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = min(Self.blockSize, range.upperBound - offset)
            for (index, view) in views.enumerated() { terms[index] = view.sampleCount > 0 ? view.dense + offset : nil }
            if let sum = tree(terms, count: count, scratch: scratch) { body(offset, sum, count) }
            offset += count
        }
    }

    /// The number of different rows of table `tableIndex` that the inputs have touched.
    public func rowCount(_ tableIndex: Int) -> Int {
        var count = 0
        forEachRowTerms(tableIndex) { _ in count += 1 }
        return count
    }

    /// Calls `body` with the sum of each row of table `tableIndex` that any input has touched, by rising row number.
    @inline(__always)
    public func forEachRow(_ tableIndex: Int, _ body: (_ row: Int, _ sum: UnsafePointer<Float>) -> Void) {
        forEachRowTerms(tableIndex) { row in
            if let sum = tree(terms, count: columns[tableIndex], scratch: scratch) { body(row, sum) }
        }
    }

    /// Calls `body` with the sums of `rows` of table `tableIndex`, all rows of them, in blocks by rising row number.
    ///
    /// - Parameter rows: touched rows before them are left out.
    @inline(__always)
    public func forEachBlock(of rows: Range<Int>, inTable tableIndex: Int, _ body: (RowBlockSum.Block) -> Void) {
        let blocks = rowBlocks
        blocks.begin(rows, columns: columns[tableIndex])
        for input in views.indices where views[input].sampleCount > 0 {
            blocks.setInput(input, views[input].tables[tableIndex])
        }
        while let block = blocks.nextBlock() { body(block) }
    }

    /// Calls `body` for each touched row of table `tableIndex` after setting `terms` to where its gradients are.
    @inline(__always)
    private func forEachRowTerms(_ tableIndex: Int, _ body: (_ row: Int) -> Void) {
        let width = columns[tableIndex]
        views.withUnsafeBufferPointer { views in
            for input in 0..<views.count { cursors[input] = 0 }
            while true {
                var row = Int32.max
                for input in 0..<views.count where views[input].sampleCount > 0 {
                    let rows = views[input].tables[tableIndex]
                    if cursors[input] < rows.count { row = min(row, rows.entries[cursors[input]].row) }
                }
                guard row < Int32.max else { return }
                for input in 0..<views.count {
                    terms[input] = nil
                    guard views[input].sampleCount > 0 else { continue }
                    let rows = views[input].tables[tableIndex]
                    guard cursors[input] < rows.count else { continue }
                    let entry = rows.entries[cursors[input]]
                    guard entry.row == row else { continue }
                    terms[input] = rows.values + Int(entry.slot) * width
                    cursors[input] += 1
                    // Rows lie in the order in which they were touched, which no processor foresees.
                    let ahead = cursors[input] + Self.rowsAhead
                    if ahead < rows.count {
                        Kernel.prefetch(rows.values + Int(rows.entries[ahead].slot) * width, count: width)
                    }
                }
                body(Int(row))
            }
        }
    }
}
