import KernelCore

extension Variable {
    /// `[rows, columns]`, for messages.
    public var shape: String { "[\(rows), \(columns)]" }
}

extension Parameter {
    /// `[rows, columns]`, for messages.
    public var shape: String { "[\(rows), \(columns)]" }
}

extension JaggedOffsets {
    /// For messages.
    var text: String { "\(count) histories of \(total) items together" }
}

extension CausalQueries {
    /// For messages.
    var text: String { "\(groups.total) groups of \(perGroup) queries behind items of \(groups.count) histories" }
}

/// Kernels do not look at sizes: what does not fit is refused before they are called.
extension Tape {
    /// Whether an operation can be computed: whether its sizes fit, and no operation before it was refused.
    ///
    /// An operation whose sizes do not fit is not computed. It leaves its ``error``, and returns ``zeros(rows:columns:)``
    /// of the shape that the model expects, so that the model runs to its end; whoever runs the model asks for the error
    /// then.
    ///
    /// - Parameters:
    ///   - operation: the name of the method.
    ///   - site: where the model calls it.
    ///   - fits: looked at only while there is no error.
    ///   - problem: the sizes that there are, and the rule that they break.
    @inline(__always)
    public func accepts(
        _ operation: StaticString, at site: ModelSite, _ fits: @autoclosure () -> Bool = true,
        _ problem: @autoclosure () -> String = ""
    ) -> Bool {
        guard error == nil else { return false }
        latestSite = site
        if fits() { return true }
        refuse(operation, at: site, problem())
        return false
    }

    /// As ``accepts(_:at:_:_:)``, for numbers that name rows of a parameter.
    ///
    /// - Parameters:
    ///   - rows: every `stride`-th of them is looked at, `count` together.
    ///   - what: what the numbers are called.
    public func accepts(
        _ operation: StaticString, at site: ModelSite, _ what: StaticString, _ rows: UnsafePointer<Int32>, count: Int,
        stride: Int = 1, of parameter: Parameter
    ) -> Bool {
        guard error == nil else { return false }
        guard let wrong = Kernel.firstOutside(rows, count: count, stride: stride, bound: parameter.rows) else {
            return true
        }
        refuse(
            operation, at: site,
            "\(what) name row \(wrong) of a parameter \(parameter.shape), whose rows are 0 to \(parameter.rows - 1)",
            recoverySuggestion:
                "give the parameter more rows, or other numbers to the operation at that line of the model")
        return false
    }

    /// Remembers the first mistake.
    func refuse(_ operation: StaticString, at site: ModelSite, _ problem: String, recoverySuggestion: String? = nil) {
        guard error == nil else { return }
        error = ModelError(
            operation, problem,
            recoverySuggestion: recoverySuggestion
                ?? "correct the sizes at that line of the model: they must fit for every batch, and for histories of any "
                + "length",
            at: site)
    }

    /// What stands for the result of an operation that was refused.
    public func zeros(rows: Int, columns: Int) -> Variable {
        let (rows, columns) = (max(rows, 0), max(columns, 0))
        return Variable(
            value: arena.allocateZeroed(count: rows * columns),
            gradient: isRecording ? arena.allocateZeroed(count: rows * columns) : nil, rows: rows, columns: columns)
    }
}
