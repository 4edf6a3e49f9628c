import KernelCore

/// A mini-batch: users, their histories and the candidates to score, packed.
///
/// What is asked of a model is a vector for each *target*: an item that the user took after a row of the history. Usually
/// each history has one target, behind its newest item. A batch for training at every position has a target behind many
/// rows of a history (``targetRows``).
///
/// The storage is reused: it grows to the largest batch seen and stays there, so that nothing is allocated in the
/// steady state. Pointers are valid until the batch is filled again.
public final class PackedBatch {
    /// Number of samples, B: of histories.
    @exclusivity(unchecked) public private(set) var count = 0
    /// Number of targets, T: B where each history has one.
    @exclusivity(unchecked) public private(set) var targetCount = 0
    /// Number of candidates of every target, C.
    @exclusivity(unchecked) public private(set) var candidatesPerTarget = 1
    // Filled by one owner at a time, sample by sample: the dynamic checks of exclusive access would cost more than the
    // copies.
    @exclusivity(unchecked) private var userStorage = GrowingStorage<Int32>()
    @exclusivity(unchecked) private var sampleNameStorage = GrowingStorage<UInt32>()
    @exclusivity(unchecked) private var gapStorage = GrowingStorage<Int64>()
    @exclusivity(unchecked) private var candidateStorage = GrowingStorage<Int32>()
    @exclusivity(unchecked) private var itemStorage = GrowingStorage<Int32>()
    @exclusivity(unchecked) private var timeStorage = GrowingStorage<Int64>()
    @exclusivity(unchecked) private var offsetStorage = GrowingStorage<Int32>()
    @exclusivity(unchecked) private var targetRowStorage = GrowingStorage<Int32>()
    @exclusivity(unchecked) private var targetNameStorage = GrowingStorage<UInt32>()
    /// Whether targets are added by themselves.
    @exclusivity(unchecked) private var hasOwnTargets = false

    /// An empty batch.
    public init() { reset(candidatesPerTarget: 1) }

    deinit {
        userStorage.deallocate()
        sampleNameStorage.deallocate()
        gapStorage.deallocate()
        candidateStorage.deallocate()
        itemStorage.deallocate()
        timeStorage.deallocate()
        offsetStorage.deallocate()
        targetRowStorage.deallocate()
        targetNameStorage.deallocate()
    }

    /// `[B]` numbers of the users.
    public var users: UnsafePointer<Int32> { UnsafePointer(userStorage.start) }

    /// `[B]` the names of the samples, which key what is random in them. They depend on the data set only.
    public var sampleNames: UnsafePointer<UInt32> { UnsafePointer(sampleNameStorage.start) }

    /// `[B]` the smallest positive gap between the times of any two interactions of the user, over the whole sequence;
    /// `Int64.max` when there is none.
    public var smallestTimeGaps: UnsafePointer<Int64> { UnsafePointer(gapStorage.start) }

    /// `[T, C]` numbers of items; the first of every target is the true item.
    public var candidates: UnsafePointer<Int32> { UnsafePointer(candidateStorage.start) }

    /// `[T]` rows of the histories, rising: of each target the row of the newest item before it. nil where each history has
    /// one target, behind its newest item.
    public var targetRows: UnsafePointer<Int32>? { hasOwnTargets ? UnsafePointer(targetRowStorage.start) : nil }

    /// `[T]` the names of the targets, which key what is random in them; those of the samples where each has one.
    public var targetNames: UnsafePointer<UInt32> {
        hasOwnTargets ? UnsafePointer(targetNameStorage.start) : sampleNames
    }

    /// The true item of each target.
    public var positives: PositiveItems { PositiveItems(candidates, stride: candidatesPerTarget) }

    /// Where each of the B histories is in ``historyItems`` and ``historyTimes``. A history is what the user had before
    /// the true item, oldest first, cut to the newest items.
    public var histories: JaggedOffsets {
        JaggedOffsets(offsets: UnsafePointer(offsetStorage.start), count: count)
    }

    /// `[histories.total]` numbers of the items of the histories.
    public var historyItems: UnsafePointer<Int32> { UnsafePointer(itemStorage.start) }

    /// `[histories.total]` times of the interactions of the histories.
    public var historyTimes: UnsafePointer<Int64> { UnsafePointer(timeStorage.start) }

    /// The items of the history of a sample.
    public func history(_ sample: Int) -> UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(
            rebasing: UnsafeBufferPointer(start: historyItems, count: histories.total)[histories.range(sample)])
    }

    /// Fills the batch from arrays.
    /// - Parameters:
    ///   - histories: one a sample, oldest first.
    ///   - candidates: one list a sample, all of one length, the true item first.
    ///   - times: of the shape of `histories`; 0, 1, 2... for every history if nil.
    ///   - sampleNames: 0, 1, 2... if nil.
    ///   - smallestTimeGaps: `Int64.max` if nil.
    public func fill(
        users: [Int32], histories: [[Int32]], candidates: [[Int32]], times: [[Int64]]? = nil,
        sampleNames: [UInt32]? = nil, smallestTimeGaps: [Int64]? = nil
    ) {
        let width = candidates.first?.count ?? 1
        precondition(histories.count == users.count && candidates.count == users.count, "one entry a sample is needed")
        precondition(candidates.allSatisfy { $0.count == width }, "candidate lists differ in length")
        precondition(sampleNames.map { $0.count == users.count } ?? true, "one name a sample is needed")
        precondition(smallestTimeGaps.map { $0.count == users.count } ?? true, "one time gap a sample is needed")
        precondition(times.map { $0.map(\.count) == histories.map(\.count) } ?? true, "a time an item is needed")
        reset(candidatesPerTarget: width)
        for index in users.indices {
            let history = histories[index]
            let historyTimes = times?[index] ?? history.indices.map { Int64($0) }
            history.withUnsafeBufferPointer { items in
                historyTimes.withUnsafeBufferPointer { times in
                    let row = append(
                        user: users[index], name: sampleNames?[index] ?? UInt32(index),
                        smallestTimeGap: smallestTimeGaps?[index] ?? .max, items: items, times: times)
                    for (column, item) in candidates[index].enumerated() { row[column] = item }
                }
            }
        }
    }

    /// Fills the batch from arrays with targets at several rows of each history.
    /// - Parameters:
    ///   - histories: one a sample, oldest first.
    ///   - candidates: for each row of each history the candidates behind it, all lists of one length, the true item
    ///     first; an empty list for a row without target.
    ///   - times: of the shape of `histories`; 0, 1, 2... for every history if nil.
    ///   - sampleNames: 0, 1, 2... if nil.
    ///   - targetNames: of the shape of `histories`; 0, 1, 2... over all rows if nil.
    ///   - smallestTimeGaps: `Int64.max` if nil.
    public func fill(
        users: [Int32], histories: [[Int32]], candidates: [[[Int32]]], times: [[Int64]]? = nil,
        sampleNames: [UInt32]? = nil, targetNames: [[UInt32]]? = nil, smallestTimeGaps: [Int64]? = nil
    ) {
        let width = candidates.joined().lazy.map(\.count).first { $0 > 0 } ?? 1
        precondition(histories.map(\.count) == candidates.map(\.count), "a list of candidates a row is needed")
        precondition(
            candidates.joined().allSatisfy { [0, width].contains($0.count) }, "candidate lists differ in length")
        reset(candidatesPerTarget: width, ownTargets: true)
        for index in users.indices {
            let history = histories[index]
            let historyTimes = times?[index] ?? history.indices.map { Int64($0) }
            let start = histories[..<index].reduce(0) { $0 + $1.count }
            history.withUnsafeBufferPointer { items in
                historyTimes.withUnsafeBufferPointer { times in
                    appendHistory(
                        user: users[index], name: sampleNames?[index] ?? UInt32(index),
                        smallestTimeGap: smallestTimeGaps?[index] ?? .max, items: items, times: times)
                }
            }
            for (row, own) in candidates[index].enumerated() where !own.isEmpty {
                let first = appendTarget(
                    behind: start + row, name: targetNames?[index][row] ?? UInt32(start + row))
                for (column, item) in own.enumerated() { first[column] = item }
            }
        }
    }

    /// Empties the batch.
    ///
    /// - Parameter ownTargets: whether targets are added by themselves, behind rows of histories.
    package func reset(candidatesPerTarget: Int, ownTargets: Bool = false) {
        count = 0
        targetCount = 0
        hasOwnTargets = ownTargets
        targetRowStorage.count = 0
        targetNameStorage.count = 0
        self.candidatesPerTarget = candidatesPerTarget
        itemStorage.count = 0
        timeStorage.count = 0
        offsetStorage.count = 0
        userStorage.count = 0
        sampleNameStorage.count = 0
        gapStorage.count = 0
        candidateStorage.count = 0
        offsetStorage.extend(by: 1).pointee = 0
    }

    /// Adds a sample and returns where its candidates are to be written, before the next call.
    ///
    /// - Parameter name: what keys its random numbers.
    package func append(
        user: Int32, name: UInt32, smallestTimeGap: Int64, items: UnsafeBufferPointer<Int32>,
        times: UnsafeBufferPointer<Int64>
    ) -> UnsafeMutablePointer<Int32> {
        appendHistory(user: user, name: name, smallestTimeGap: smallestTimeGap, items: items, times: times)
        targetCount += 1
        return candidateStorage.extend(by: candidatesPerTarget)
    }

    /// Adds a target to a batch of own targets, and returns where its candidates are to be written, before the next
    /// call.
    ///
    /// - Parameters:
    ///   - row: of the histories, from their first item on; above that of the target before.
    ///   - name: what keys its random numbers.
    package func appendTarget(behind row: Int, name: UInt32) -> UnsafeMutablePointer<Int32> {
        targetRowStorage.extend(by: 1).pointee = Int32(row)
        targetNameStorage.extend(by: 1).pointee = name
        targetCount += 1
        return candidateStorage.extend(by: candidatesPerTarget)
    }

    /// Adds a sample without target.
    package func appendHistory(
        user: Int32, name: UInt32, smallestTimeGap: Int64, items: UnsafeBufferPointer<Int32>,
        times: UnsafeBufferPointer<Int64>
    ) {
        userStorage.extend(by: 1).pointee = user
        sampleNameStorage.extend(by: 1).pointee = name
        gapStorage.extend(by: 1).pointee = smallestTimeGap
        if let source = items.baseAddress {
            itemStorage.extend(by: items.count).update(from: source, count: items.count)
        }
        if let source = times.baseAddress {
            timeStorage.extend(by: items.count).update(from: source, count: items.count)
        }
        offsetStorage.extend(by: 1).pointee = Int32(itemStorage.count)
        count += 1
    }
}

/// Memory that grows and never shrinks.
private struct GrowingStorage<Element: BitwiseCopyable> {
    private(set) var start: UnsafeMutablePointer<Element>
    private var capacity: Int
    var count = 0

    init() {
        capacity = 64
        start = LargeMemory.allocate(count: capacity)
    }

    func deallocate() { LargeMemory.deallocate(start) }

    /// Makes room for further elements, and returns where they begin.
    mutating func extend(by extra: Int) -> UnsafeMutablePointer<Element> {
        if count + extra > capacity {
            let grown = max(count + extra, 2 * capacity)
            let moved = LargeMemory.allocate(
                Element.self, count: grown, bytesInUse: capacity * MemoryLayout<Element>.stride)
            moved.update(from: start, count: count)
            LargeMemory.deallocate(start)
            start = moved
            capacity = grown
        }
        defer { count += extra }
        return start + count
    }
}
