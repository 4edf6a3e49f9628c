/// The items of a mixture of logits, packed once so that many users can be ranked against them: one panel of rows after
/// another.
public final class MixtureTable: @unchecked Sendable {
    /// The sizes of the mixture.
    public let shape: MixtureShape
    /// The rows of the item table that are here.
    public let rows: Range<Int>
    /// `[panels, (m B + A B) * RankingPanel.width]`: vectors and gates of the rows of a panel, zero behind the last one.
    let panels: UnsafeMutablePointer<Float>

    /// Rows of a panel: those that ``fill(from:vectors:gates:)`` is given begin with a panel.
    public static var panelRows: Int { RankingPanel.width }

    /// Makes room for rows of an item table, which ``fill(from:vectors:gates:)`` fills before the table is used.
    public init(_ shape: MixtureShape, rows: Range<Int>) {
        self.shape = shape
        self.rows = rows
        let count = max((rows.count + RankingPanel.width - 1) / RankingPanel.width, 1) * Self.panelSize(shape)
        panels = LargeMemory.allocate(count: count)
        Kernel.clear(panels, count: count)
    }

    deinit { LargeMemory.deallocate(panels) }

    /// Floats of the vectors of a panel.
    private static func vectorSize(_ shape: MixtureShape) -> Int { shape.size * shape.items * RankingPanel.width }

    private static func panelSize(_ shape: MixtureShape) -> Int {
        vectorSize(shape) + shape.logits * RankingPanel.width
    }

    /// The vectors of a panel, `[m, B, width]`.
    func vectors(_ panel: Int) -> UnsafeMutablePointer<Float> { panels + panel * Self.panelSize(shape) }

    /// What the items of a panel bring to the gates, `[A B, width]`.
    func gates(_ panel: Int) -> UnsafeMutablePointer<Float> { vectors(panel) + Self.vectorSize(shape) }

    /// Packs some rows.
    ///
    /// - Parameters:
    ///   - start: the first of them; a whole number of panels before it.
    ///   - vectors: `[count, B * m]`, gates: `[count, A B]`.
    public func fill(from start: Int, vectors: MatrixView, gates: MatrixView) {
        let width = RankingPanel.width
        let first = start - rows.lowerBound
        for offset in stride(from: 0, to: vectors.rows, by: width) {
            let (panel, count) = ((first + offset) / width, min(width, vectors.rows - offset))
            Kernel.packMixture(vectors.row(offset), shape, count: count, width: width, into: self.vectors(panel))
            for item in 0..<count {
                for logit in 0..<shape.logits {
                    self.gates(panel)[logit * width + item] = gates.row(offset + item)[logit]
                }
            }
        }
    }

    /// Copies vectors and gates of rows into a panel of their own, the others of which count as zero.
    func gather(
        _ rows: UnsafePointer<Int32>, count: Int, vectors: UnsafeMutablePointer<Float>,
        gates: UnsafeMutablePointer<Float>
    ) {
        let width = RankingPanel.width
        Kernel.clear(vectors, count: Self.vectorSize(shape))
        Kernel.clear(gates, count: shape.logits * width)
        for item in 0..<count {
            let own = Int(rows[item]) - self.rows.lowerBound
            let (panel, lane) = (own / width, own % width)
            for line in 0..<shape.size * shape.items {
                vectors[line * width + item] = self.vectors(panel)[line * width + lane]
            }
            for logit in 0..<shape.logits {
                gates[logit * width + item] = self.gates(panel)[logit * width + lane]
            }
        }
    }
}
