/// Ids as tensors of a model's file, for the rows of a table: row n belongs to number n, and row 0 is padding.
extension Vocabulary {
    /// `[count + 1]`: the id of each row, 0 for the row of the padding; nil where ids are the numbers of the rows, and
    /// where they are text.
    public var idsOfRows: [Int64]? {
        if case .listed(let listed) = ids { [0] + listed } else { nil }
    }

    /// What ``idsOfRows`` gave; nil for what it never gives.
    public init?(idsOfRows ids: [Int64]) {
        guard ids.count > 1, ids.count < Int(Int32.max), ids[0] == 0, zip(ids, ids.dropFirst()).allSatisfy(<) else {
            return nil
        }
        self.init(ascending: Array(ids.dropFirst()))
    }

    /// Ids that are text: those of all rows one after the other in UTF-8, and `[count + 2]` where row r is the bytes
    /// `offsets[r]..<offsets[r + 1]`, none for the row of the padding. nil where ids are whole numbers.
    public var namesOfRows: (bytes: [UInt8], offsets: [Int64])? { names.map { ($0.bytes, [0] + $0.offsets) } }

    /// What ``namesOfRows`` gave.
    public init(bytesOfRows bytes: [UInt8], offsetsOfRows offsets: [Int64]) throws(NamedIdFault) {
        guard offsets.first == 0 else { throw .offsets }
        self.init(.named(try NamedIds(bytes: bytes, offsets: Array(offsets.dropFirst()))))
    }
}
