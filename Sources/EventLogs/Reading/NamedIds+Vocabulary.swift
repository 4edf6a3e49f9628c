import Interactions

extension NamedIds {
    /// The vocabulary of the ids that are used, and the new number of each old one: 0 for those that are not used.
    ///
    /// Where all of them are whole numbers from 1, written as such (no sign, no leading zero), they are numbers, and the
    /// new numbers ascend with them. Otherwise the order in which they came stays.
    /// - Parameter isUsed: `[count + 1]`, by number.
    package func vocabulary(using isUsed: [Bool]) -> (vocabulary: Vocabulary, renumbering: [Int32]) {
        var renumbering = [Int32](repeating: 0, count: count + 1)
        let used = (1..<Int32(count + 1)).filter { isUsed[Int($0)] }
        guard let wholeNumbers = wholeNumbers(of: used) else {
            for (index, number) in used.enumerated() { renumbering[Int(number)] = Int32(index + 1) }
            return (.named(used.count == count ? self : selecting(used)), renumbering)
        }
        let order = wholeNumbers.indices.sorted { wholeNumbers[$0] < wholeNumbers[$1] }
        for (index, former) in order.enumerated() { renumbering[Int(used[former])] = Int32(index + 1) }
        return (Vocabulary(ascending: order.map { wholeNumbers[$0] }), renumbering)
    }

    /// The ids of some numbers as whole numbers; nil where one of them is none.
    private func wholeNumbers(of numbers: [Int32]) -> [Int64]? {
        var result: [Int64] = []
        result.reserveCapacity(numbers.count)
        for number in numbers {
            guard let value = withBytes(of: number, { $0.canonicalNumber }) else { return nil }
            result.append(value)
        }
        return result
    }
}

extension UnsafeRawBufferPointer {
    /// The whole number from 1 that these bytes are the only way to write; nil for anything else.
    package var canonicalNumber: Int64? {
        guard count > 0, count < 20, self[0] != 0x30, allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        return try? wholeNumber()
    }
}
