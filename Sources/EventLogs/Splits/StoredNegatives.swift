import KernelCore

/// Draws the negatives that dev and test store: different items that their user has in no event.
package struct StoredNegatives: Sendable {
    /// How an item is drawn.
    package enum Sampling: String, Sendable, CaseIterable {
        /// All items alike.
        case uniform
        /// By the number of train events.
        case popularity
    }

    /// There are not so many items to draw.
    package struct TooFew: Error {
        /// By number.
        let user: Int
        let items: Int
    }

    /// How often an item is drawn that cannot be taken, before all that can be are looked at.
    private static let mostTries = 64

    private let sampling: Sampling
    private let count: Int
    private let seed: UInt64
    private let itemCount: Int
    /// `[train events]`, to draw by popularity.
    private let trainItems: [Int32]
    /// Train events of each item, by number.
    private let weights: [Int32]

    /// - Parameters:
    ///   - count: negatives of a row.
    ///   - itemCount: items are numbered 1...itemCount.
    ///   - trainItems: the item of each train event.
    package init(_ sampling: Sampling, count: Int, seed: UInt64, itemCount: Int, trainItems: [Int32]) {
        self.sampling = sampling
        self.count = count
        self.seed = seed
        self.itemCount = itemCount
        self.trainItems = trainItems
        var weights = [Int32](repeating: 0, count: itemCount + 1)
        for item in trainItems { weights[Int(item)] += 1 }
        self.weights = weights
    }

    /// The negatives of a row.
    ///
    /// - Parameters:
    ///   - part: that of ``EventSplit``; with `row` it names the random stream.
    ///   - marks: `[itemCount + 1]`, true for all items of the user; as before afterwards.
    package func draw(
        part: UInt8, row: Int, user: Int, marks: inout [Bool]
    ) throws(TooFew) -> [Int32] {
        var stream = RandomStream(
            seed: seed, purpose: .storedNegatives, iteration: UInt32(part), element: UInt32(truncatingIfNeeded: row))
        var drawn: [Int32] = []
        drawn.reserveCapacity(count)
        defer { for item in drawn { marks[Int(item)] = false } }
        while drawn.count < count {
            var tries = 0
            var item = next(&stream)
            while marks[Int(item)], tries < Self.mostTries {
                tries += 1
                item = next(&stream)
            }
            if marks[Int(item)] {
                guard let rare = drawAmongAll(&stream, marks) else {
                    throw TooFew(user: user, items: drawn.count)
                }
                item = rare
            }
            marks[Int(item)] = true
            drawn.append(item)
        }
        return drawn
    }

    @inline(__always)
    private func next(_ stream: inout RandomStream) -> Int32 {
        switch sampling {
        case .uniform: Int32(1 + stream.next(below: UInt32(itemCount)))
        case .popularity: trainItems[Int(stream.next(below: UInt32(trainItems.count)))]
        }
    }

    /// One of the items that can be taken, nil where there is none.
    private func drawAmongAll(_ stream: inout RandomStream, _ marks: [Bool]) -> Int32? {
        func weight(_ item: Int) -> Int { marks[item] ? 0 : sampling == .uniform ? 1 : Int(weights[item]) }
        let total = (1..<itemCount + 1).reduce(0) { $0 + weight($1) }
        guard total > 0 else { return nil }
        var rest = Int(stream.next(below: UInt32(total)))
        for item in 1..<itemCount + 1 {
            rest -= weight(item)
            if rest < 0 { return Int32(item) }
        }
        return nil
    }
}
