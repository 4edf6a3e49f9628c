/// What is particular about the stored negatives of evaluation rows.
public struct NegativeCensus: Sendable {
    /// Rows whose true item is one of their negatives.
    public private(set) var rowsWithTrueItem = 0
    /// The first of them in the file, from 0, without the header.
    public private(set) var firstRowWithTrueItem: Int?
    /// Rows that list a negative more than once.
    public private(set) var rowsWithRepeats = 0
    /// `[items + 1]`: the number of the last row that listed an item, from 1.
    private var lastRows: [Int32]
    private var rowNumber: Int32 = 0

    /// - Parameter itemCount: the largest id.
    public init(itemCount: Int) { lastRows = [Int32](repeating: 0, count: itemCount + 1) }

    /// Looks at the negatives of `rows`.
    /// - Complexity: linear in the number of negatives.
    public mutating func add(_ rows: EvaluationRows) {
        for index in 0..<rows.count {
            rowNumber += 1
            let target = rows.trueItem(index)
            var (hasTrueItem, hasRepeat) = (false, false)
            for item in rows.negatives(index) {
                hasTrueItem = hasTrueItem || item == target
                hasRepeat = hasRepeat || lastRows[Int(item)] == rowNumber
                lastRows[Int(item)] = rowNumber
            }
            if hasRepeat { rowsWithRepeats += 1 }
            guard hasTrueItem else { continue }
            rowsWithTrueItem += 1
            firstRowWithTrueItem = min(firstRowWithTrueItem ?? .max, rows.fileRow(index))
        }
    }
}
