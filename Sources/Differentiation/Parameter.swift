/// A matrix or vector that is trained: a small handle that a model keeps, and says which numbers are meant by.
///
/// A model registers it by a ``ParameterScope``, which adds a ``ParameterSpecification`` (name, shape, initial values) to
/// the ``ParameterLayout`` of all parameters. The numbers themselves are in ``ParameterValues``, their gradients in a
/// ``GradientView``; neither is here.
public struct Parameter: BitwiseCopyable, Sendable {
    /// Its number in the order of registration, from 0.
    public let index: Int
    /// Number of rows; 1 for a vector.
    public let rows: Int
    /// Number of values of a row.
    public let columns: Int
    /// Where its numbers begin, in floats, within the region of memory of the dense parameters or in that of the tables.
    public let offset: Int
    /// Which of the tables it is, from 0: its gradient is kept by row. Nil for a dense parameter, which has its gradient as
    /// a whole.
    public let tableIndex: Int?

    /// Number of values.
    public var count: Int { rows * columns }
}

/// How the gradient of a parameter is kept and exchanged.
public enum ParameterKind: Sendable, Equatable {
    /// Every element takes part in every sample.
    case dense
    /// A few rows take part in a sample: gradients are kept by row. With `paddingRow`, row 0 is zero and stays so.
    case table(paddingRow: Bool)
}

/// Everything that is fixed about a parameter before training.
public struct ParameterSpecification: Sendable {
    /// The name in files, with the prefixes of its scopes.
    public let name: String
    /// As written to files: `[rows, columns]`, `[columns]` for a vector, or with several dimensions that count the rows.
    public let shape: [Int]
    /// How its gradient is kept.
    public let kind: ParameterKind
    /// How its values are drawn.
    public let initialization: Initialization
    /// Where it lies.
    public let parameter: Parameter
    /// Whether the L2 coefficient applies: not to parameters whose name contains `bias`, nor to fixed ones.
    public let isRegularized: Bool
    /// Whether a mini-batch may touch more rows of the table than it has ids.
    let isTouchedByPairs: Bool

    /// The most rows of the table that a gradient can have.
    ///
    /// - Parameter ids: ids of its mini-batches: items of histories, candidates, users.
    package func rowCapacity(ids: Int) -> Int { isTouchedByPairs ? parameter.rows : min(parameter.rows, ids) }
}

/// The parameters of a model in the order in which it asked for them.
///
/// Dense parameters share one region of memory and tables another, so that an optimizer can split each evenly.
public final class ParameterLayout {
    /// All parameters.
    public private(set) var specifications: [ParameterSpecification] = []
    /// The specifications of the tables, in the order of ``Parameter/tableIndex``.
    public private(set) var tables: [ParameterSpecification] = []
    /// Floats in the region of the dense parameters.
    public private(set) var denseCount = 0
    /// Floats in the region of the tables.
    public private(set) var tableCount = 0
    /// The first mistake of those who registered: the layout is of no use then.
    public internal(set) var error: ModelError?

    /// Parameters start on a 64-byte boundary.
    private static let alignment = 16

    /// Without parameters.
    public init() {}

    /// The scope of a model: where it registers its parameters.
    public var root: ParameterScope { ParameterScope(layout: self, prefix: "") }

    /// Number of trainable values, padding rows included.
    public var parameterCount: Int { specifications.reduce(0) { $0 + $1.parameter.count } }

    /// The specification of the parameter called `name`.
    public func specification(named name: String) -> ParameterSpecification? {
        specifications.first { $0.name == name }
    }

    fileprivate func add(
        _ name: String, shape: [Int], kind: ParameterKind, initialization: Initialization, byPairs: Bool = false,
        isFixed: Bool = false, at site: ModelSite
    ) -> Parameter {
        if let other = specification(named: name) {
            refuse("two parameters are called \(name), \(other.shape) and \(shape)", at: site)
            return other.parameter
        }
        let shape = accepted(shape, of: name, initialization, at: site)
        let rows = shape.dropLast().reduce(1, *)
        let columns = shape.last ?? 1
        let room = (rows * columns + Self.alignment - 1) / Self.alignment * Self.alignment
        let isDense = kind == .dense
        let parameter = Parameter(
            index: specifications.count, rows: rows, columns: columns, offset: isDense ? denseCount : tableCount,
            tableIndex: isDense ? nil : tables.count)
        if isDense { denseCount += room } else { tableCount += room }
        let specification = ParameterSpecification(
            name: name, shape: shape, kind: kind, initialization: initialization, parameter: parameter,
            isRegularized: !isFixed && !name.contains("bias"), isTouchedByPairs: byPairs)
        specifications.append(specification)
        if !isDense { tables.append(specification) }
        return parameter
    }

    /// The shape, or a small one in its place after a mistake.
    private func accepted(
        _ shape: [Int], of name: String, _ initialization: Initialization, at site: ModelSite
    ) -> [Int] {
        let least = shape.map { _ in 1 }
        guard shape.allSatisfy({ $0 > 0 }) else {
            refuse("\(name) is \(shape): every size must be at least 1", at: site)
            return least
        }
        let count = shape.reduce((1, false)) { product, size in
            let (value, overflow) = product.0.multipliedReportingOverflow(by: size)
            return (value, product.1 || overflow)
        }
        // Rows are counted in 32 bits, bytes in 64.
        guard !count.1, count.0 <= Int.max / 64, shape.dropLast().reduce(1, *) <= Int(Int32.max) else {
            refuse("\(name) is \(shape), which is beyond all memory", at: site)
            return least
        }
        if case .values(let known) = initialization, known.count != count.0 {
            refuse("\(name) is \(shape), and has \(known.count) initial values", at: site)
        }
        return shape
    }

    /// Remembers the first mistake.
    func refuse(_ problem: String, at site: ModelSite) {
        guard error == nil else { return }
        error = ModelError(
            "parameters", problem, recoverySuggestion: "correct the name or the sizes at that line of the model",
            at: site)
    }
}

/// A prefix of parameter names: `scope.within("rnn").matrix("weight_ih_l0", ...)` registers `rnn.weight_ih_l0`.
public struct ParameterScope {
    let layout: ParameterLayout
    let prefix: String

    /// The scope whose names start with this scope's prefix and `name`.
    public func within(_ name: String) -> ParameterScope {
        ParameterScope(layout: layout, prefix: prefix + name + ".")
    }

    /// A dense matrix `[rows, columns]`.
    ///
    /// - Parameter isFixed: whether it keeps its initial values: no gradient reaches it, and the L2 term must not
    ///   shrink it.
    public func matrix(
        _ name: String, rows: Int, columns: Int, isFixed: Bool = false, _ initialization: Initialization,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Parameter {
        layout.add(
            prefix + name, shape: [rows, columns], kind: .dense, initialization: initialization, isFixed: isFixed,
            at: ModelSite(file: file, line: line))
    }

    /// A dense matrix of the rows that all but the last of the dimensions count.
    ///
    /// - Parameter shape: as written to files, at least two dimensions.
    public func matrix(
        _ name: String, shape: [Int], _ initialization: Initialization, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Parameter {
        layout.add(
            prefix + name, shape: shape, kind: .dense, initialization: initialization,
            at: ModelSite(file: file, line: line))
    }

    /// A dense vector `[count]`.
    ///
    /// - Parameter isFixed: as for ``matrix(_:rows:columns:isFixed:_:)``.
    public func vector(
        _ name: String, count: Int, isFixed: Bool = false, _ initialization: Initialization,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Parameter {
        layout.add(
            prefix + name, shape: [count], kind: .dense, initialization: initialization, isFixed: isFixed,
            at: ModelSite(file: file, line: line))
    }

    /// A table `[rows, columns]` of which a sample touches a few rows.
    ///
    /// - Parameters:
    ///   - paddingRow: whether row 0 is zero and never trained.
    ///   - byPairs: whether rows belong to pairs of positions, so that a sample may touch more of them than it has ids.
    public func table(
        _ name: String, rows: Int, columns: Int, paddingRow: Bool = true, byPairs: Bool = false,
        _ initialization: Initialization, file: StaticString = #fileID, line: UInt = #line
    ) -> Parameter {
        layout.add(
            prefix + name, shape: [rows, columns], kind: .table(paddingRow: paddingRow),
            initialization: initialization, byPairs: byPairs, at: ModelSite(file: file, line: line))
    }
}
