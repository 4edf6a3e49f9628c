import KernelCore

/// An operation that has been computed forward and knows its way back.
///
/// A conforming type is a plain struct of variables, pointers and sizes, so that the tape can keep it without
/// allocating. A new operation is a new file: a method on ``Tape`` that computes the value and records the struct, and
/// the struct with its ``cost`` and its ``backward(on:)``.
public protocol Operation: BitwiseCopyable {
    /// The useful work of the operation, by its shapes: what `trainer benchmark` relates its time to.
    var cost: OperationCost { get }

    /// Adds to the gradients of the inputs, given the complete gradient of the output.
    func backward(on tape: Tape)
}

extension Operation {
    fileprivate static func runBackward(_ stored: UnsafeRawPointer, on tape: Tape) {
        stored.assumingMemoryBound(to: Self.self).pointee.backward(on: tape)
    }
}

/// Runs the forward pass of a model eagerly and remembers the operations, to run them backwards.
///
/// One tape serves all mini-batches of a rank, one after another: ``begin(_:sampleCount:)`` forgets the previous one. After the
/// first mini-batches it allocates nothing.
public final class Tape {
    /// Memory of the current mini-batch.
    public let arena: Arena
    /// The values of the model's parameters: those of propagated tables where there is a propagation.
    public let parameters: ParameterValues
    let gradients: GradientRecorder?
    private(set) var pass: Pass = .scoring(seed: 0)
    private var records: [(type: any Operation.Type, stored: UnsafeRawPointer, site: ModelSite)] = []
    private var dropoutSites: UInt32 = 0
    private var normalSites: UInt32 = 0
    var stepMemory = StepMemory()
    /// The first mistake of the model on this tape: nothing has been computed since. It stays, whatever begins anew.
    @exclusivity(unchecked) public internal(set) var error: ModelError?
    /// Where the model asked for the last operation.
    @exclusivity(unchecked) public internal(set) var latestSite = ModelSite(file: #fileID, line: #line)
    /// Samples of the mini-batch; nil where nobody said.
    private(set) var sampleCount: Int?
    /// The targets of the mini-batch; nil where each sample is one.
    private(set) var targets: Targets?
    /// What counts the operations of training mini-batches; nil: nothing does.
    package var profile: OperationProfile?
    /// What ``standardNormals(columns:over:users:)`` returns instead of numbers that it draws, so that a test can
    /// repeat what another program drew.
    package var givenNormals: UnsafePointer<Float>?
    /// What ``drawInterests(_:count:of:temperature:)`` returns instead of a draw, for the same purpose.
    package var givenInterests: UnsafePointer<Int32>?
    /// What ``sampleNegatives(_:from:)`` returns instead of a draw, for the same purpose.
    package var givenItems: UnsafePointer<Int32>?

    /// What a mini-batch is run for.
    public enum Pass {
        /// Forward only. `seed` and the user name what is random in scoring.
        case scoring(seed: UInt64)
        /// Forward and backward. `sampleNames` has a name for each sample; they, `seed` and `step` name the random
        /// numbers. `step` nil turns dropout off and takes the other random numbers from seed and user, as scoring does.
        case training(sampleNames: UnsafePointer<UInt32>, seed: UInt64, step: UInt32?)
    }

    /// What is trained of the samples of a mini-batch, where a sample has several targets.
    public struct Targets: BitwiseCopyable {
        /// A name for each target, as samples have them.
        public let names: UnsafePointer<UInt32>
        /// How many there are.
        public let count: Int

        /// - Parameter names: `[count]`, valid until the tape begins anew.
        public init(names: UnsafePointer<UInt32>, count: Int) {
            self.names = names
            self.count = count
        }
    }

    /// - Parameter gradients: where parameter gradients go; nil for a tape that only scores.
    public init(parameters: ParameterValues, gradients: GradientRecorder? = nil, arena: Arena = Arena()) {
        self.parameters = parameters
        self.gradients = gradients
        self.arena = arena
        records.reserveCapacity(256)
    }

    /// Forgets the mini-batch before and starts a new one. Variables of the one before become invalid.
    ///
    /// - Parameters:
    ///   - sampleCount: how many samples the mini-batch has, so that operations that draw for each of them can tell whether
    ///     they have their rows; nil: they do not look.
    ///   - targets: what is trained where samples have several targets; nil: each sample is one.
    public func begin(_ pass: Pass, sampleCount: Int? = nil, targets: Targets? = nil) {
        self.sampleCount = sampleCount
        self.targets = targets
        arena.reset()
        records.removeAll(keepingCapacity: true)
        dropoutSites = 0
        normalSites = 0
        self.pass = pass
        profile?.restart()
    }

    /// Bytes that the mini-batch has taken so far, with what the mini-batches of its step have in common.
    public var bytesInUse: Int { arena.bytesInUse + stepMemory.arena.bytesInUse }

    /// Whether operations are recorded for a backward pass.
    public var isRecording: Bool {
        if case .training = pass { return gradients != nil }
        return false
    }

    /// Fills the gradients of everything that `loss` `[1, 1]` depends on; those of parameters go to the recorder.
    ///
    /// Leaves its ``error`` where the loss is no single number, or where gradients touch more rows of a table than there
    /// is room for. Does nothing where there is an error already.
    public func backward(from loss: Variable) {
        let site = latestSite
        guard accepts("backward", at: site, loss.count == 1, "the loss is \(loss.shape), and must be a single number")
        else { return }
        loss.gradient[0] = 1
        guard let profile else {
            for record in records.reversed() {
                record.type.runBackward(record.stored, on: self)
                guard gradients?.overflow == nil else { return refuseOverflow(at: record.site) }
            }
            return
        }
        profile.restart()
        for record in records.reversed() {
            record.type.runBackward(record.stored, on: self)
            guard gradients?.overflow == nil else { return refuseOverflow(at: record.site) }
            profile.addBackward(record.type)
        }
    }

    private func refuseOverflow(at site: ModelSite) {
        guard let table = gradients?.overflow else { return }
        refuse(
            "backward", at: site,
            "a mini-batch touches more than \(table.capacity) rows of a table with \(table.columns) columns",
            recoverySuggestion:
                "read rows of users, histories and candidates only, or register the parameter of that line as a "
                + "matrix (sparse: false)")
    }

    /// A new variable whose value the caller fills; its gradient is zero.
    public func variable(
        rows: Int, columns: Int, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard rows >= 0, columns >= 0 else {
            refuse("variable", at: ModelSite(file: file, line: line), "there is no matrix [\(rows), \(columns)]")
            return zeros(rows: rows, columns: columns)
        }
        let count = rows * columns
        let value = arena.allocate(Float.self, count: count)
        guard isRecording else { return Variable(value: value, gradient: nil, rows: rows, columns: columns) }
        let hasTerms = arena.allocate(Bool.self, count: 1)
        hasTerms.initialize(to: false)
        return Variable(
            value: value, gradient: arena.allocate(count: count), hasTerms: hasTerms, rows: rows, columns: columns)
    }

    /// Remembers `operation` for the backward pass, and where the model asked for it.
    public func record<Recorded: Operation>(_ operation: @autoclosure () -> Recorded) {
        guard isRecording, error == nil else { return }
        let stored = arena.allocate(Recorded.self, count: 1)
        stored.initialize(to: operation())
        records.append((Recorded.self, UnsafeRawPointer(stored), latestSite))
        profile?.addForward(Recorded.self, stored.pointee.cost)
    }

    /// Names what a training mini-batch has computed since the last operation, if that is no operation itself: so that
    /// its time does not count for the next one. Costs nothing unless somebody measures.
    public func note(_ name: StaticString, _ work: @autoclosure () -> Work) {
        guard let profile, isRecording else { return }
        profile.add(name, work())
    }

    /// The whole of a dense parameter as a variable.
    public func callAsFunction(
        _ parameter: Parameter, file: StaticString = #fileID, line: UInt = #line
    ) -> Variable {
        guard parameter.tableIndex == nil else {
            refuse(
                "callAsFunction", at: ModelSite(file: file, line: line),
                "a table \(parameter.shape) takes part by rows, not as a whole",
                recoverySuggestion: "read its rows at that line of the model, or register a matrix (sparse: false)")
            return Variable(
                value: parameters(parameter), gradient: nil, rows: parameter.rows, columns: parameter.columns)
        }
        return Variable(
            value: parameters(parameter), gradient: isRecording ? gradients?.dense(parameter) : nil,
            rows: parameter.rows, columns: parameter.columns)
    }

    /// The gradient of row `row` of `parameter`. Only to be used in ``Operation/backward(on:)``.
    @inline(__always)
    func gradientRow(_ parameter: Parameter, _ row: Int32) -> UnsafeMutablePointer<Float> {
        guard let table = parameter.tableIndex else {
            return gradients!.dense(parameter) + Int(row) * parameter.columns
        }
        return gradients!.row(table, row)
    }

    /// How many targets the mini-batch has; nil where nobody said.
    var targetCount: Int? { targets?.count ?? sampleCount }

    /// Numbers the dropout layers of a mini-batch in the order of the forward pass.
    func nextDropoutSite() -> UInt32 {
        defer { dropoutSites += 1 }
        return dropoutSites
    }

    /// Numbers the draws of normal numbers of a mini-batch in the order of the forward pass.
    func nextNormalSite() -> UInt32 {
        defer { normalSites += 1 }
        return normalSites
    }
}
