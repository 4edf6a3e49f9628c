/// The ids of the users or items of a conversion.
package enum IdColumn: Sendable, Equatable {
    /// Whole numbers from 1, ascending: number n stands for the n-th.
    case numbers([Int64])
    /// Texts in the order in which they came first: number n stands for the n-th.
    case texts([String])

    package var count: Int {
        switch self {
        case .numbers(let ids): ids.count
        case .texts(let ids): ids.count
        }
    }

    /// The id of a number of 1...count.
    package func text(of number: Int32) -> String {
        switch self {
        case .numbers(let ids): String(ids[Int(number) - 1])
        case .texts(let ids): ids[Int(number) - 1]
        }
    }
}

extension IdInterner {
    /// The ids that are used, and the new number of each old one: 0 for those that are not used.
    ///
    /// Where all used ids are whole numbers from 1, written as such (no sign, no leading zero), they stay numbers, and
    /// new numbers ascend with them. Otherwise the order in which they came stays.
    /// - Parameter isUsed: `[count + 1]`, by number.
    package func column(using isUsed: [Bool]) -> (ids: IdColumn, renumbering: [Int32]) {
        var renumbering = [Int32](repeating: 0, count: count + 1)
        let used = (1..<Int32(count + 1)).filter { isUsed[Int($0)] }
        var wholeNumbers: [Int64] = []
        wholeNumbers.reserveCapacity(used.count)
        for number in used {
            guard let value = withBytes(of: number, { $0.canonicalNumber }) else { break }
            wholeNumbers.append(value)
        }
        guard wholeNumbers.count == used.count else {
            for (index, number) in used.enumerated() { renumbering[Int(number)] = Int32(index + 1) }
            return (.texts(used.map(text(of:))), renumbering)
        }
        let order = wholeNumbers.indices.sorted { wholeNumbers[$0] < wholeNumbers[$1] }
        for (index, place) in order.enumerated() { renumbering[Int(used[place])] = Int32(index + 1) }
        return (.numbers(order.map { wholeNumbers[$0] }), renumbering)
    }
}

extension UnsafeRawBufferPointer {
    /// The whole number from 1 that these bytes are the only way to write; nil for anything else.
    package var canonicalNumber: Int64? {
        guard count > 0, count < 20, self[0] != 0x30 else { return nil }
        var value: Int64 = 0
        for byte in self {
            let digit = byte &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(digit))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}
