import Differentiation
import KernelCore

/// Rows of tables that take steps later than others: those that a step neither touches nor reads.
///
/// ``Adam`` moves all rows in every step, and of a large table most of them without a gradient. Nobody sees when. So
/// the ranks say which rows they will read in the next step,
///
///     deferral.announceReads { deferral.willRead(table, rows, count: n) }
///     let summary = try optimizer.step(step, flag: false)
///
/// and the owner of a slice moves those and the touched ones. The others wait, and take their steps one behind the other
/// when it is their turn, in registers instead of one pass over memory for each. Every step also moves a part of the
/// table that was read by nobody, so that no row waits for more than ``longest`` steps. A step before which a rank has not
/// announced what it will read moves all rows to where they belong.
///
/// Of each row there are two bytes in the memory of the node: whether somebody will read it, which ranks write before they
/// meet in a step and the owner takes back behind that; and how many steps it has taken, which is the owner's.
package final class RowDeferral {
    /// A table whose rows wait.
    struct Table {
        let parameter: Parameter
        let isRegularized: Bool
        /// 1 where row 0 is padding, which does not move.
        let firstRow: Int
        /// `[rows]`: 1 for rows that will be read in the next step; nil where rows are asked for instead.
        let isRead: UnsafeMutablePointer<UInt8>?
        /// `[rows]`: the steps that a row has taken, modulo 256. Of rows that other ranks keep it is not there.
        let taken: UnsafeMutablePointer<UInt8>
        /// The rows that are here.
        let rows: Range<Int>
    }

    /// The most steps that a row waits for.
    package static let longest = 64

    /// By the index of the table; nil: all rows of it move in every step.
    let tables: [Table?]
    /// Whether this rank has announced what it reads in the next step.
    package private(set) var isAnnounced = false
    /// Whether rows may wait; the same on all ranks of the node.
    private(set) var isBehind = false
    /// Whether all that was moved between two steps is finite.
    var isFinite = true
    /// The steps so far in which rows have moved.
    private(set) var stepCount = 0
    private let steps: RecentSteps
    /// Room for rows that are to be moved.
    let chosen: UnsafeMutableBufferPointer<Int32>

    /// Bytes that `tables` of a layout take from the memory of a node.
    ///
    /// - Parameter kept: the rows that are here, where ranks divide them and ask each other for what they read; nil: all are.
    package static func byteCount(_ tables: [Bool], _ layout: ParameterLayout, kept: ParameterSlice? = nil) -> Int {
        zip(tables, layout.tables).reduce(0) { sum, table in
            let (waits, parameter) = (table.0, table.1.parameter)
            guard waits, let tableIndex = parameter.tableIndex else { return sum }
            return sum + (kept.map { room($0.rows[tableIndex].count) } ?? 2 * room(parameter.rows))
        }
    }

    /// Bytes for one of each row, in whole cache lines.
    private static func room(_ rows: Int) -> Int { (rows + 63) / 64 * 64 }

    /// - Parameters:
    ///   - tables: for each table, whether its rows wait.
    ///   - kept: as of ``byteCount(_:_:kept:)``.
    ///   - memory: of the node, ``byteCount(_:_:kept:)`` zeros.
    package init(
        _ tables: [Bool], _ layout: ParameterLayout, kept: ParameterSlice? = nil, at memory: UnsafeMutableRawPointer
    ) {
        chosen = .allocate(capacity: 4096)
        var next = memory.assumingMemoryBound(to: UInt8.self)
        self.tables = zip(tables, layout.tables).map { waits, specification in
            guard waits, let tableIndex = specification.parameter.tableIndex else { return nil }
            let rows = kept?.rows[tableIndex] ?? 0..<specification.parameter.rows
            let room = Self.room(rows.count)
            let marks = kept == nil ? next : nil
            if marks != nil { next += room }
            defer { next += room }
            return Table(
                parameter: specification.parameter, isRegularized: specification.isRegularized,
                firstRow: specification.kind == .table(paddingRow: true) ? 1 : 0, isRead: marks,
                taken: next - rows.lowerBound, rows: rows)
        }
        steps = RecentSteps(capacity: 4 * Self.longest)
    }

    deinit { chosen.deallocate() }

    /// Calls `body`, which names all rows that this rank reads in the next step.
    package func announceReads(_ body: () -> Void) {
        body()
        isAnnounced = true
    }

    /// Names rows; those of tables whose rows do not wait are of no interest.
    package func willRead(_ table: Parameter, _ rows: UnsafePointer<Int32>, count: Int) {
        guard let tableIndex = table.tableIndex, let marks = tables[tableIndex]?.isRead else { return }
        for index in 0..<count { marks[Int(rows[index])] = 1 }
    }

    /// Whether a gradient that was recorded for the next step has rows that wait: then the model has read what no mini-batch
    /// names.
    package func waits(forRowsOf gradient: GradientView) -> Bool {
        guard isBehind else { return false }
        let now = UInt8(truncatingIfNeeded: stepCount)
        for case let table? in tables {
            guard let tableIndex = table.parameter.tableIndex else { continue }
            let entries = gradient.entries(tableIndex)
            for index in 0..<gradient.rowCount(tableIndex) {
                let row = Int(entries[index].row)
                if row >= table.firstRow, table.rows.contains(row), table.taken[row] != now { return true }
            }
        }
        return false
    }

    /// Begins a step in which rows move; again and again for each slice of it.
    func begin(regularized: AdamStep, plain: AdamStep, step: Int) {
        if steps.add(regularized, plain, step) { stepCount += 1 }
    }

    /// Counts a step in which this rank moves nothing, but others of the node do.
    func countStep() { stepCount += 1 }

    /// The last `count` steps.
    func recent(_ count: Int, of table: Table) -> UnsafeBufferPointer<DeferredStep> {
        steps.last(count, isRegularized: table.isRegularized)
    }

    /// The steps that a row waits for, the one that has begun among them.
    func waiting(_ row: Int, of table: Table) -> Int { Int(UInt8(truncatingIfNeeded: stepCount) &- table.taken[row]) }

    /// Ends a step, behind which this rank may announce what it reads in the one after the next.
    ///
    /// - Parameter settled: whether no row waits any more.
    package func endStep(settled: Bool) {
        isBehind = !settled
        isAnnounced = false
    }

    /// The steps that rows wait for now, for a copy of the state; nil where none waits.
    package var pending: PendingSteps? {
        guard isBehind else { return nil }
        return PendingSteps(
            tables: tables.compactMap { table in
                table.map { table in
                    PendingSteps.Table(
                        parameter: table.parameter, firstRow: table.firstRow,
                        waiting: (0..<table.parameter.rows).map {
                            $0 >= table.firstRow && table.rows.contains($0) ? UInt8(waiting($0, of: table)) : 0
                        },
                        steps: Array(recent(min(Self.longest, stepCount), of: table)))
                }
            })
    }
}

/// The constants of the last steps, for regularized parameters and for others.
private final class RecentSteps {
    private let regularized: UnsafeMutablePointer<DeferredStep>
    private let plain: UnsafeMutablePointer<DeferredStep>
    private let capacity: Int
    private var count = 0
    private var lastStep = 0
    private var last: (regularized: AdamStep, plain: AdamStep)?

    init(capacity: Int) {
        self.capacity = capacity
        regularized = .allocate(capacity: capacity)
        plain = .allocate(capacity: capacity)
    }

    deinit {
        regularized.deallocate()
        plain.deallocate()
    }

    /// - Returns: false where the step is there already.
    func add(_ regularized: AdamStep, _ plain: AdamStep, _ step: Int) -> Bool {
        guard step != lastStep else { return false }
        if count == capacity {
            // What nobody waits for any more goes.
            let kept = RowDeferral.longest
            for steps in [self.regularized, self.plain] { steps.update(from: steps + (count - kept), count: kept) }
            count = kept
        }
        (self.regularized + count).initialize(to: DeferredStep(regularized, after: last?.regularized))
        (self.plain + count).initialize(to: DeferredStep(plain, after: last?.plain))
        count += 1
        lastStep = step
        last = (regularized, plain)
        return true
    }

    func last(_ wanted: Int, isRegularized: Bool) -> UnsafeBufferPointer<DeferredStep> {
        precondition(wanted <= count, "\(wanted) steps are pending, and \(count) are known")
        return UnsafeBufferPointer(start: (isRegularized ? regularized : plain) + (count - wanted), count: wanted)
    }
}
