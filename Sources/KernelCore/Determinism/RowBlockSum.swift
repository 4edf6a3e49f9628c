internal import CVector

/// The sums of several gradients of one table, in the order of a fixed tree, for consecutive rows block by block: what
/// an optimizer needs that passes over all rows once.
///
///     sum.begin(rows, columns: table.columns)
///     for (input, rows) in touched.enumerated() { sum.setInput(input, rows) }
///     while let block = sum.nextBlock() { ... }
///
/// The gradients of a block are asked for while the block before is worked on: they lie in the order in which a
/// mini-batch touched the rows, often in the cache of another core, and no processor foresees that.
public final class RowBlockSum {
    /// Consecutive rows with their sums.
    public struct Block {
        /// The rows of the table.
        public let rows: Range<Int>
        /// Of each row where its sum is, nil where nothing touches it; nil where nothing touches any of them. Valid until
        /// the next block is asked for.
        public let sums: UnsafePointer<UnsafePointer<Float>?>?
    }

    /// Rows of a block: so many that its beginning costs little, and so few that their sums stay in the second cache.
    package static let blockSize = 256

    /// Entries of an input that are asked for before they are looked at.
    private static let entriesAhead = 24

    /// The gradients of the rows of one block, as they are found.
    private struct Terms {
        /// `[blockSize]`: where the first gradient of each row is, and then the sum of all; nil: there is none.
        let sums: UnsafeMutablePointer<UnsafePointer<Float>?>
        /// `[blockSize, inputs]`: where all gradients of a touched row are, in the order of the inputs. What no gradient
        /// needs is not written either: all that Adam reads and writes between two blocks leaves no room in a first cache.
        let starts: UnsafeMutablePointer<UnsafePointer<Float>>
        /// `[blockSize, inputs]`: the inputs that they are of.
        let inputs: UnsafeMutablePointer<Int32>
        /// `[blockSize]`: how many each row has.
        let counts: UnsafeMutablePointer<Int32>
        /// `[blockSize + 1]`: the rows that have more than one.
        let shared: UnsafeMutablePointer<Int32>

        init(inputs count: Int) {
            sums = .allocate(capacity: RowBlockSum.blockSize)
            starts = .allocate(capacity: RowBlockSum.blockSize * count)
            inputs = .allocate(capacity: RowBlockSum.blockSize * count)
            counts = .allocate(capacity: RowBlockSum.blockSize)
            shared = .allocate(capacity: RowBlockSum.blockSize + 1)
        }

        func deallocate() {
            sums.deallocate()
            starts.deallocate()
            inputs.deallocate()
            counts.deallocate()
            shared.deallocate()
        }
    }

    /// What is known of a block whose gradients have been found.
    private struct Found {
        var rows = 0..<0
        var sharedCount = 0
        var hasTerms = false
    }

    private let tree: TreeSum
    private let inputCount: Int
    private let terms: (Terms, Terms)
    /// `[inputs]`: the next entry of each, and the end of its entries.
    private let entries: UnsafeMutablePointer<UnsafePointer<RowEntry>>
    private let ends: UnsafeMutablePointer<UnsafePointer<RowEntry>>
    private let values: UnsafeMutablePointer<UnsafePointer<Float>>
    /// `[blockSize, width]`: sums of several terms.
    private let sumValues: UnsafeMutablePointer<Float>
    private let treeTerms: UnsafeMutablePointer<UnsafePointer<Float>?>
    private let treeScratch: UnsafeMutablePointer<Float>
    @exclusivity(unchecked) private var columns = 0
    @exclusivity(unchecked) private var nextRow = 0
    @exclusivity(unchecked) private var endRow = 0
    @exclusivity(unchecked) private var isFirst = true
    @exclusivity(unchecked) private var usesSecond = false
    @exclusivity(unchecked) private var found = Found()

    /// A sum of `tree.inputs.count` gradients of tables that are no wider than `width` columns.
    public init(_ tree: TreeSum, width: Int) {
        self.tree = tree
        inputCount = tree.inputs.count
        terms = (Terms(inputs: max(inputCount, 1)), Terms(inputs: max(inputCount, 1)))
        entries = .allocate(capacity: inputCount)
        ends = .allocate(capacity: inputCount)
        values = .allocate(capacity: inputCount)
        sumValues = .allocate(capacity: Self.blockSize * width)
        treeTerms = .allocate(capacity: inputCount)
        treeScratch = .allocate(capacity: inputCount * width)
    }

    deinit {
        terms.0.deallocate()
        terms.1.deallocate()
        entries.deallocate()
        ends.deallocate()
        values.deallocate()
        sumValues.deallocate()
        treeTerms.deallocate()
        treeScratch.deallocate()
    }

    /// Begins with the first block of `rows` of a table of `columns` columns, with inputs that touch nothing.
    public func begin(_ rows: Range<Int>, columns: Int) {
        self.columns = columns
        nextRow = rows.lowerBound
        endRow = rows.upperBound
        isFirst = true
        let nothing = UnsafeRawPointer(bitPattern: 64)!
        for input in 0..<inputCount {
            (entries + input).initialize(to: nothing.assumingMemoryBound(to: RowEntry.self))
            (ends + input).initialize(to: nothing.assumingMemoryBound(to: RowEntry.self))
            (values + input).initialize(to: nothing.assumingMemoryBound(to: Float.self))
        }
    }

    /// What input `input` of the tree has touched; rows before the first one of ``begin(_:columns:)`` do not count.
    public func setInput(_ input: Int, _ touched: TouchedRows) {
        var first = touched.entries
        let end = first + touched.count
        while first < end && Int(first.pointee.row) < nextRow { first += 1 }
        Kernel.prefetch(first, count: min(Self.entriesAhead, end - first))
        entries[input] = first
        ends[input] = end
        values[input] = touched.values
    }

    /// The next block with its sums; nil behind the last one.
    public func nextBlock() -> Block? {
        if isFirst {
            found = find(usesSecond ? terms.1 : terms.0)
            isFirst = false
        }
        guard !found.rows.isEmpty else { return nil }
        let (current, own) = (found, usesSecond ? terms.1 : terms.0)
        usesSecond.toggle()
        found = find(usesSecond ? terms.1 : terms.0)
        guard current.hasTerms else { return Block(rows: current.rows, sums: nil) }
        for index in 0..<current.sharedCount { addTerms(ofRow: Int(own.shared[index]), own) }
        return Block(rows: current.rows, sums: UnsafePointer(own.sums))
    }

    /// Finds the gradients of the next block, and asks for them.
    private func find(_ own: Terms) -> Found {
        let first = nextRow
        let end = min(first + Self.blockSize, endRow)
        nextRow = end
        var found = Found(rows: first..<end)
        guard first < end else { return found }
        for row in 0..<end - first {
            own.counts[row] = 0
            own.sums[row] = nil
        }
        for input in 0..<inputCount {
            var entry = entries[input]
            let (last, start) = (ends[input], values[input])
            guard entry < last, Int(entry.pointee.row) < end else { continue }
            found.hasTerms = true
            repeat {
                let row = Int(entry.pointee.row) - first
                let gradient = start + Int(entry.pointee.slot) * columns
                facet_prefetch(gradient, columns * MemoryLayout<Float>.stride)
                let count = Int(own.counts[row])
                own.sums[row] = count == 0 ? gradient : own.sums[row]
                own.starts[row * inputCount + count] = gradient
                own.inputs[row * inputCount + count] = Int32(input)
                own.counts[row] = Int32(count + 1)
                // Written in any case and counted where it is meant: which rows are shared nothing foresees.
                own.shared[found.sharedCount] = Int32(row)
                found.sharedCount += count == 1 ? 1 : 0
                entry += 1
            } while entry < last && Int(entry.pointee.row) < end
            Kernel.prefetch(entry, count: min(Self.entriesAhead, last - entry))
            entries[input] = entry
        }
        return found
    }

    /// Adds the gradients of a row that has several.
    private func addTerms(ofRow row: Int, _ own: Terms) {
        let starts = own.starts + row * inputCount
        let inputs = own.inputs + row * inputCount
        let count = Int(own.counts[row])
        let target = sumValues + row * columns
        if count == 2 {
            Kernel.add(starts[0], starts[1], into: target, count: columns)
        } else if count == 8 && tree.isPairwiseOfEight {
            addPairwise(starts, into: target)
        } else {
            for input in 0..<inputCount { treeTerms[input] = nil }
            for index in 0..<count { treeTerms[Int(inputs[index])] = starts[index] }
            guard let sum = tree(treeTerms, count: columns, scratch: treeScratch) else { return }
            target.update(from: sum, count: columns)
        }
        own.sums[row] = UnsafePointer(target)
    }

    /// The sum of eight terms that are all there, in registers.
    private func addPairwise(_ terms: UnsafePointer<UnsafePointer<Float>>, into sum: UnsafeMutablePointer<Float>) {
        forEachVector(columns) { index, lanes in
            let first = load(terms[0], index, lanes) + load(terms[1], index, lanes)
            let second = load(terms[2], index, lanes) + load(terms[3], index, lanes)
            let third = load(terms[4], index, lanes) + load(terms[5], index, lanes)
            let fourth = load(terms[6], index, lanes) + load(terms[7], index, lanes)
            store((first + second) + (third + fourth), sum, index, lanes)
        }
    }
}
