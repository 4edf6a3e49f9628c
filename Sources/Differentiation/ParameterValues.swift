import KernelCore

/// The memory of all parameters of a layout, or of something of the same shape such as an optimizer's moments. The
/// memory belongs to somebody else: one process, or a window that the ranks of a node share.
public struct ParameterValues: BitwiseCopyable {
    let dense: UnsafeMutablePointer<Float>
    let tables: UnsafeMutablePointer<Float>

    /// Floats needed for a layout.
    public static func count(for layout: ParameterLayout) -> Int { layout.denseCount + layout.tableCount }

    /// - Parameter memory: ``count(for:)`` floats on a 64-byte boundary.
    public init(_ layout: ParameterLayout, in memory: UnsafeMutablePointer<Float>) {
        dense = memory
        tables = memory + layout.denseCount
    }

    /// The two regions, where they do not lie one behind the other.
    package init(dense: UnsafeMutablePointer<Float>, tables: UnsafeMutablePointer<Float>) {
        self.dense = dense
        self.tables = tables
    }

    /// The first of the ``count(for:)`` floats.
    public var start: UnsafeMutablePointer<Float> { dense }

    /// The first value of `parameter`, followed by the others row by row.
    @inline(__always)
    public func callAsFunction(_ parameter: Parameter) -> UnsafeMutablePointer<Float> {
        (parameter.tableIndex == nil ? dense : tables) + parameter.offset
    }

    /// Sets every value of `part` to its initial one for `seed`; padding rows to zero.
    ///
    /// - Parameter part: what of the parameters is here; nil: all of them, and the room between them becomes zero.
    public func initialize(_ layout: ParameterLayout, _ part: ParameterSlice? = nil, seed: UInt64) {
        if part == nil { clear(layout) }
        let part = part ?? ParameterSlice(allOf: layout)
        for specification in layout.specifications {
            let parameter = specification.parameter
            let rows = parameter.tableIndex.map { part.rows[$0] } ?? 0..<parameter.rows
            specification.initialization.fill(
                self(parameter), rows: parameter.rows, columns: parameter.columns, part: rows,
                name: specification.name, seed: seed)
            if specification.kind == .table(paddingRow: true), rows.contains(0) {
                Kernel.clear(self(parameter), count: parameter.columns)
            }
        }
    }

    /// Sets everything to zero.
    public func clear(_ layout: ParameterLayout) {
        Kernel.clear(dense, count: layout.denseCount)
        Kernel.clear(tables, count: layout.tableCount)
    }

    /// Copies all values of `other`, of the same layout.
    ///
    /// - Parameter part: what of the parameters is copied; nil: all of them.
    public func copy(from other: ParameterValues, _ layout: ParameterLayout, _ part: ParameterSlice? = nil) {
        forEachRange(layout, part) { parameter, range in
            (self(parameter) + range.lowerBound).update(from: other(parameter) + range.lowerBound, count: range.count)
        }
    }

    /// Exchanges all values with those of `other`, of the same layout.
    ///
    /// - Parameter part: what of the parameters is exchanged; nil: all of them.
    public func swap(with other: ParameterValues, _ layout: ParameterLayout, _ part: ParameterSlice? = nil) {
        forEachRange(layout, part) { parameter, range in
            let (own, others) = (self(parameter), other(parameter))
            for index in range { Swift.swap(&own[index], &others[index]) }
        }
    }

    private func forEachRange(
        _ layout: ParameterLayout, _ part: ParameterSlice?, _ body: (Parameter, Range<Int>) -> Void
    ) {
        let part = part ?? ParameterSlice(allOf: layout)
        for specification in layout.specifications {
            body(specification.parameter, part.values(of: specification.parameter))
        }
    }
}

/// Parameters in memory of their own.
public final class ParameterStorage {
    /// The parameters.
    public let layout: ParameterLayout
    /// Their values.
    public let values: ParameterValues
    private let memory: UnsafeMutableRawBufferPointer?
    private let reserved: ReservedMemory?

    /// All zero.
    public init(_ layout: ParameterLayout) {
        self.layout = layout
        let memory = LargeMemory.allocate(byteCount: Self.byteCount(layout))
        self.memory = memory
        reserved = nil
        values = ParameterValues(layout, in: memory.baseAddress!.assumingMemoryBound(to: Float.self))
        values.clear(layout)
    }

    /// All zero, with room for all rows of the tables, of which those take memory that are written to.
    ///
    /// - Parameter part: what is needed as a whole.
    public init(reserving layout: ParameterLayout, for part: ParameterSlice) {
        self.layout = layout
        let reserved = ReservedMemory(byteCount: Self.byteCount(layout))
        self.reserved = reserved
        memory = nil
        values = ParameterValues(layout, in: reserved.start.assumingMemoryBound(to: Float.self))
        for specification in layout.specifications {
            reserved.expectUse(of: bytes(part.values(of: specification.parameter), of: specification.parameter))
        }
    }

    private static func byteCount(_ layout: ParameterLayout) -> Int {
        max(ParameterValues.count(for: layout) * MemoryLayout<Float>.stride, 64)
    }

    private func bytes(_ range: Range<Int>, of parameter: Parameter) -> Range<Int> {
        let start = values(parameter) - values.start
        let size = MemoryLayout<Float>.stride
        return (start + range.lowerBound) * size..<(start + range.upperBound) * size
    }

    /// Gives back the memory of all rows of a table but some, which read as zero again. Nothing where all rows have memory
    /// of their own.
    public func releaseRows(of table: Parameter, but kept: Range<Int>) {
        guard let reserved else { return }
        let columns = table.columns
        reserved.release(bytes(0..<kept.lowerBound * columns, of: table))
        reserved.release(bytes(kept.upperBound * columns..<table.count, of: table))
    }

    deinit { memory.map { LargeMemory.deallocate($0) } }
}
