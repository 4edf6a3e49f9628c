/// Counts the operations of a tape, their work and, if asked, their time.
///
/// The forward time of an operation lasts from the end of the one before to its own end, as the tape computes eagerly.
/// What is computed between two operations and is none (draws, choices) ends its time by ``Tape/note(_:_:)``.
package final class OperationProfile {
    /// One type of operation, or one kind of work that is none.
    package struct Entry: Sendable {
        /// The type of the operation without `Operation`, or the name of the work.
        package let name: String
        /// How often it was computed.
        package var count = 0
        /// The work of all of these.
        package var cost = OperationCost.none
        /// The time of the forward passes; zero unless time is measured.
        package var forwardTime = Duration.zero
        /// The time of the backward passes; zero unless time is measured.
        package var backwardTime = Duration.zero
    }

    /// Whether clocks are read: two readings an operation.
    package let measuresTime: Bool
    /// What has been counted, in the order of first use.
    package private(set) var entries: [Entry] = []
    private var slots: [Key: Int] = [:]
    private var last = ContinuousClock.now

    private enum Key: Hashable {
        case operation(ObjectIdentifier)
        case work(UnsafePointer<UInt8>)
    }

    /// Counts nothing yet.
    package init(measuresTime: Bool) { self.measuresTime = measuresTime }

    /// Sets all counts and times to zero; the entries stay.
    package func clear() {
        for index in entries.indices { entries[index] = Entry(name: entries[index].name) }
    }

    /// The sum over all entries.
    package var total: OperationCost {
        entries.reduce(.none) {
            OperationCost(forward: $0.forward + $1.cost.forward, backward: $0.backward + $1.cost.backward)
        }
    }

    /// The next operation begins now.
    func restart() {
        if measuresTime { last = .now }
    }

    func addForward(_ type: any Operation.Type, _ cost: OperationCost) {
        let slot = slot(of: .operation(ObjectIdentifier(type))) { Self.name(of: type) }
        entries[slot].count += 1
        entries[slot].cost.forward += cost.forward
        entries[slot].cost.backward += cost.backward
        if measuresTime { entries[slot].forwardTime += lap() }
    }

    func addBackward(_ type: any Operation.Type) {
        guard measuresTime else { return }
        let time = lap()
        entries[slot(of: .operation(ObjectIdentifier(type))) { Self.name(of: type) }].backwardTime += time
    }

    func add(_ name: StaticString, _ work: Work) {
        let slot = slot(of: .work(name.utf8Start)) { "\(name)" }
        entries[slot].count += 1
        entries[slot].cost.forward += work
        if measuresTime { entries[slot].forwardTime += lap() }
    }

    private func lap() -> Duration {
        let now = ContinuousClock.now
        defer { last = now }
        return now - last
    }

    private func slot(of key: Key, name: () -> String) -> Int {
        if let slot = slots[key] { return slot }
        entries.append(Entry(name: name()))
        slots[key] = entries.count - 1
        return entries.count - 1
    }

    /// `LayerNormOperation` is shown as `LayerNorm`.
    private static func name(of type: any Operation.Type) -> String {
        let name = "\(type)"
        return name.hasSuffix("Operation") ? String(name.dropLast("Operation".count)) : name
    }
}
