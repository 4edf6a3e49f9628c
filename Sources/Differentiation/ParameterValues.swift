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

    init(dense: UnsafeMutablePointer<Float>, tables: UnsafeMutablePointer<Float>) {
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

    /// Sets every value to its initial one for `seed`; padding rows and the room between parameters to zero.
    public func initialize(_ layout: ParameterLayout, seed: UInt64) {
        clear(layout)
        for specification in layout.specifications {
            let parameter = specification.parameter
            specification.initialization.fill(
                self(parameter), rows: parameter.rows, columns: parameter.columns, name: specification.name, seed: seed)
            if specification.kind == .table(paddingRow: true) {
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
    public func copy(from other: ParameterValues, _ layout: ParameterLayout) {
        dense.update(from: other.dense, count: layout.denseCount)
        tables.update(from: other.tables, count: layout.tableCount)
    }

    /// Exchanges all values with those of `other`, of the same layout.
    public func swap(with other: ParameterValues, _ layout: ParameterLayout) {
        for (own, others, count) in [
            (dense, other.dense, layout.denseCount), (tables, other.tables, layout.tableCount),
        ] {
            for index in 0..<count { Swift.swap(&own[index], &others[index]) }
        }
    }
}

/// Parameters in memory of their own.
public final class ParameterStorage {
    /// The parameters.
    public let layout: ParameterLayout
    /// Their values.
    public let values: ParameterValues
    private let memory: UnsafeMutableRawBufferPointer

    /// All zero.
    public init(_ layout: ParameterLayout) {
        self.layout = layout
        let byteCount = max(ParameterValues.count(for: layout) * MemoryLayout<Float>.stride, 64)
        memory = LargeMemory.allocate(byteCount: byteCount)
        values = ParameterValues(layout, in: memory.baseAddress!.assumingMemoryBound(to: Float.self))
        values.clear(layout)
    }

    deinit { LargeMemory.deallocate(memory) }
}
